// SPDX-License-Identifier: Apache-2.0
import { SourceChanged } from '@nervus/contracts';
import { checkSource, type Source } from '@nervus/sources';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { applySource, goneFromFiles, pauseSource, sourceOf, standByFiles } from './source-state.js';

const spec = { kind: 'webhook', auth: { kind: 'none', pathToken: 'x'.repeat(40) }, subject: { constant: 'orders' }, class: 'internal' };
function sourceWith(wanted: object): Source {
  const checked = checkSource({ apiVersion: 'nervus.dev/v1', kind: 'Source', metadata: { name: 'orders', owner: 'group:shop' }, spec: wanted });
  if ('faults' in checked) throw new Error(JSON.stringify(checked.faults));
  return checked.source;
}
const source = (changes: object = {}): Source => sourceWith({ ...spec, ...changes });
const at = '2026-11-24T10:00:00.000Z';
const change = { by: 'launcher/olga', reason: 'The shop goes live.', at };
function applied(current: SourceChanged | undefined, of: Source): SourceChanged {
  const { changed, detail } = applySource(current, of, change);
  if (!changed) throw new Error(detail);
  return changed;
}

describe('sources under commands', () => {
  it('an applied source is published as its contract says, without its token, and reads back as the same source', () => {
    const changed = applied(undefined, source());
    expect([...Value.Errors(SourceChanged.schema, changed)]).toEqual([]);
    expect(changed).toMatchObject({ version: 1, managedBy: 'commands', state: 'standing', paused: false, by: 'launcher/olga' });
    expect(JSON.stringify(changed)).not.toContain('x'.repeat(40));
    expect(sourceOf(changed)).toEqual(source());
  });

  it('applying the same again changes nothing', () => {
    const first = applied(undefined, source());
    expect(applySource(first, source(), change)).toMatchObject({ status: 200, code: 'accepted', detail: expect.stringContaining('already') });
    expect(applySource(first, source(), change).changed).toBeUndefined();
    expect(applied(first, source({ trust: 'untrusted', class: 'pii' })).version).toBe(2);
  });

  it('a source of the folder is changed in the folder only', () => {
    const standing = standByFiles(undefined, source(), at);
    expect(applySource(standing, source({ class: 'pii' }), change)).toMatchObject({ status: 409, code: 'managed_by_files' });
  });

  it('a source that reads files beside ingestion is not applied by a command', () => {
    const { auth: _, ...webhook } = spec;
    const recording = sourceWith({ ...webhook, kind: 'recording', config: { file: 'a.ndjson' } });
    expect(applySource(undefined, recording, change)).toMatchObject({ status: 422, code: 'kind_by_files_only' });
  });

  it('a schema that would break with its publishers is refused', () => {
    const schema = (version: number, type: string) => ({ schema: { version, json: { type: 'object', properties: { id: { type } } } } });
    const first = applied(undefined, source(schema(1, 'string')));
    expect(applySource(first, source(schema(2, 'integer')), change)).toMatchObject({ status: 409, code: 'schema_incompatible', detail: expect.stringContaining('/id') });
  });

  it('a pause outlives a change of the manifest, and a restart with the same folder', () => {
    const paused = pauseSource(applied(undefined, source()), 'orders', true, change).changed;
    expect(paused).toMatchObject({ paused: true, version: 2 });
    expect(applied(paused, source({ class: 'pii' }))).toMatchObject({ paused: true, version: 3 });
    const ofFolder = pauseSource(standByFiles(undefined, source(), at), 'orders', true, change).changed;
    expect(standByFiles(ofFolder, source(), at)).toBeUndefined();
    expect(standByFiles(ofFolder, source({ class: 'pii' }), at)).toMatchObject({ paused: true });
  });

  it('pausing twice, or what is not there, says so', () => {
    const standing = applied(undefined, source());
    expect(pauseSource(undefined, 'orders', true, change)).toMatchObject({ status: 404, code: 'source_unknown' });
    expect(pauseSource(standing, 'orders', false, change)).toMatchObject({ status: 409, code: 'not_paused' });
    expect(pauseSource(pauseSource(standing, 'orders', true, change).changed, 'orders', true, change)).toMatchObject({ status: 409, code: 'already_paused' });
  });

  it('what left the folder is gone, and what a command applied is not', () => {
    const gone = goneFromFiles(standByFiles(undefined, source(), at), at);
    expect(gone).toMatchObject({ state: 'removed', version: 2 });
    expect(goneFromFiles(gone, at)).toBeUndefined();
    expect(goneFromFiles(applied(undefined, source()), at)).toBeUndefined();
    expect(applied(gone, source())).toMatchObject({ state: 'standing', managedBy: 'commands', version: 3, paused: false });
  });
});
