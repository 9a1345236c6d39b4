// SPDX-License-Identifier: Apache-2.0
import type { KeyObject } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSources, SourcesInvalid } from './source-files.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sources-'));
  for (const folder of ['sources', 'secrets', 'recordings']) mkdirSync(join(root, folder));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (path: string, text: string): void => writeFileSync(join(root, path), text);
const load = (folder = join(root, 'sources')) => loadSources(folder, { secrets: join(root, 'secrets'), recordings: join(root, 'recordings') });
const bytesOf = (keys: readonly KeyObject[]): Buffer[] => keys.map((key) => key.export());
function faults(): readonly string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof SourcesInvalid) return error.faults;
    throw error;
  }
  return [];
}
const webhook = (name: string, more = '', metadata = ''): string => `apiVersion: nervus.dev/v1
kind: Source
metadata: {name: ${name}, owner: 'group:a'${metadata}}
spec:
  kind: webhook
  auth: {kind: standard-webhooks, secretFiles: [${name}.secret]}
  subject: {constant: a}
  class: public
${more}`;
const recording = (file: string): string => `apiVersion: nervus.dev/v1
kind: Source
metadata: {name: played, owner: 'group:a'}
spec: {kind: recording, config: {file: '${file}'}, subject: {constant: a}, class: public}
`;

describe('the folder of sources', () => {
  it('the samples load, once their secrets and recordings are there', () => {
    for (const name of ['inbound', 'partner-events']) write(`secrets/${name}.secret`, `whsec_${Buffer.alloc(32, 7).toString('base64')}\n`);
    mkdirSync(join(root, 'recordings/agents/market-news/feeds'), { recursive: true });
    for (const file of ['agents/market-news/feeds/recorded.ndjson', 'recorded-prices.ndjson', 'recorded-demand.ndjson']) write(`recordings/${file}`, '');
    const { sources, secrets } = load(fileURLToPath(new URL('../../../../sources', import.meta.url)));
    expect(sources.map(({ name, spec }) => `${spec.kind} ${name}`)).toEqual(['feed central-banks', 'webhook inbound', 'cloudevents partner-events', 'recording recorded-demand', 'recording recorded-news', 'recording recorded-prices', 'feed regulators']);
    expect(bytesOf(secrets.of({ kind: 'standard-webhooks', secretFiles: ['inbound.secret'] }))).toEqual([Buffer.alloc(32, 7)]);
  });

  it('every fault of every file is named at once, with its place', () => {
    write('sources/a.yaml', webhook('a', '  colour: red\n  limits: {perSecond: 0}\n'));
    write('sources/b.yaml', 'a: [');
    write('sources/c.yaml', webhook('c').replace('kind: webhook', 'kind: mailbox'));
    write('sources/d.yaml', webhook('d').replace('constant: a', 'constant: &x a'));
    expect(faults()).toEqual([
      expect.stringMatching(/^a\.yaml:9:3 \/spec\/colour is not a field/),
      expect.stringMatching(/^a\.yaml:10:12 \/spec\/limits\/perSecond must be >= 0.01/),
      expect.stringMatching(/^a\.yaml:10:3 \/spec\/limits\/burst is missing/),
      expect.stringMatching(/^b\.yaml:1:5 /),
      expect.stringMatching(/^c\.yaml:5:3 \/spec\/kind .*"mailbox" is not supported/),
      expect.stringMatching(/^d\.yaml:7:26 anchors/),
    ]);
  });

  it('two sources of one tenant with one name are refused, of two tenants they are not', () => {
    for (const name of ['a', 'a2', 'a3']) write(`secrets/${name}.secret`, 'x'.repeat(24));
    write('sources/a.yaml', webhook('a'));
    write('sources/b.yaml', webhook('a'));
    expect(faults()).toEqual([expect.stringMatching(/^b\.yaml:3:12 \/metadata\/name is the name of a source in a\.yaml/)]);
    write('sources/b.yaml', webhook('a', '', ', tenant: other'));
    expect(faults()).toEqual([]);
  });

  it.each([
    ['a secret that is missing', undefined, /a\.secret" cannot be read/],
    ['a secret that is too short', 'whsec_YWJj', /holds 3 bytes/],
  ])('%s stops the start and is not shown', (_, secret, message) => {
    if (secret) write('secrets/a.secret', secret);
    write('sources/a.yaml', webhook('a'));
    expect(faults()).toEqual([expect.stringMatching(message)]);
    expect(faults().join()).not.toContain('YWJj');
  });

  it('a recording that is not below its folder is refused', () => {
    write('outside.ndjson', '');
    symlinkSync(join(root, 'outside.ndjson'), join(root, 'recordings', 'link.ndjson'));
    for (const file of ['../outside.ndjson', 'link.ndjson', 'none.ndjson', '.']) {
      write('sources/r.yaml', recording(file));
      expect(faults(), file).toEqual([expect.stringMatching(/^r\.yaml:4:34 \/spec\/config\/file the recording/)]);
    }
  });

  it('a folder that does not exist is a fault, not an empty set', () => {
    expect(() => load(join(root, 'none'))).toThrow(/cannot be read/);
  });

  it('a secret of an applied source that is not there yet is taken into use once it is', () => {
    write('sources/a.yaml', webhook('a').replace(/auth: .*/, `auth: {kind: none, pathToken: ${'x'.repeat(40)}}`));
    const { secrets } = load();
    const auth = { kind: 'github' as const, secretFiles: ['later.secret'] };
    expect([secrets.want(auth).length, secrets.of(auth)]).toEqual([1, []]);
    expect(secrets.reload()).toHaveLength(1);
    write('secrets/later.secret', 'y'.repeat(24));
    expect([secrets.reload(), bytesOf(secrets.of(auth))]).toEqual([[], [Buffer.from('y'.repeat(24))]]);
  });

  it('a replaced secret is taken into use, an unreadable one leaves the old in use', () => {
    write('secrets/a.secret', 'x'.repeat(24));
    write('sources/a.yaml', webhook('a'));
    const { secrets } = load();
    write('secrets/a.secret', 'y'.repeat(24));
    expect(secrets.reload()).toEqual([]);
    write('secrets/a.secret', 'z');
    expect(secrets.reload()).toHaveLength(1);
    expect(bytesOf(secrets.of({ kind: 'standard-webhooks', secretFiles: ['a.secret'] }))).toEqual([Buffer.from('y'.repeat(24))]);
  });
});
