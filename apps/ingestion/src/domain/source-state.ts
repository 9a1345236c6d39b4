// SPDX-License-Identifier: Apache-2.0
// What becomes of a source by a command or by the files of ingestion. The state is what was last published of it.
import type { SourceChanged } from '@nervus/contracts';
import { checkSource, isOfKind, manifestOf, schemaChangeFaults, type Source } from '@nervus/sources';
import { digestOf } from '@nervus/trust';

/** Who wants a change, why and when. */
export interface Change {
  readonly by: string;
  readonly reason: string;
  /** RFC 3339 with milliseconds. */
  readonly at: string;
}

/** What a command came to. */
export interface Verdict {
  readonly status: 200 | 404 | 409 | 422;
  /** `accepted`, or why not. */
  readonly code: string;
  readonly detail: string;
  /** Absent where nothing changes. */
  readonly changed?: SourceChanged;
}

/** Who a change by the folder of sources is by. */
export const files = 'files';

/** A manifest that a command brings is to stand. */
export function applySource(current: SourceChanged | undefined, source: Source, change: Change): Verdict {
  const { name } = source;
  if (current?.state === 'standing' && current.managedBy === 'files') return { status: 409, code: 'managed_by_files', detail: `${name} stands in the folder of sources that ingestion was started with: change it there.` };
  if (isOfKind(source, 'recording')) return { status: 422, code: 'kind_by_files_only', detail: `A source of kind ${source.spec.kind} reads what lies beside ingestion: put its manifest into the folder of sources.` };
  const before = current?.state === 'standing' ? sourceOf(current) : undefined;
  const faults = schemaChangeFaults(before?.spec.schema, source.spec.schema);
  if (faults.length > 0) return { status: 409, code: 'schema_incompatible', detail: `The schema of the events of ${name} would break with its publishers: ${faults.join('; ')}. Set "compatibility: none" where that is meant.` };
  const next = standing(current, source, { managedBy: 'commands', paused: before !== undefined && current?.paused === true }, change);
  if (before && sameManifest(current, next)) return { status: 200, code: 'accepted', detail: `${name} stands so already, as version ${current?.version}: nothing changes.` };
  return { status: 200, code: 'accepted', detail: `${name} ${before ? 'changed to' : 'stands, as'} version ${next.version}${next.paused ? '; it is still paused' : ''}.`, changed: next };
}

/** A source is to take nothing for a while, or to go on. */
export function pauseSource(current: SourceChanged | undefined, name: string, paused: boolean, change: Change): Verdict {
  if (current?.state !== 'standing') return { status: 404, code: 'source_unknown', detail: `There is no source ${name}.` };
  if (current.paused === paused) return { status: 409, code: paused ? 'already_paused' : 'not_paused', detail: `${name} ${paused ? 'is paused already' : 'is not paused'}.` };
  return { status: 200, code: 'accepted', detail: paused ? `${name} takes nothing until it goes on: its senders are told to come back, what it pulls waits.` : `${name} goes on.`, changed: { ...current, paused, ...change, version: current.version + 1 } };
}

/** A manifest of the folder: what is to be published of it; undefined where that is known. */
export function standByFiles(current: SourceChanged | undefined, source: Source, at: string): SourceChanged | undefined {
  const next = standing(current, source, { managedBy: 'files', paused: current?.state === 'standing' && current.paused }, { by: files, reason: 'It stands in the folder of sources.', at });
  return current?.state === 'standing' && current.managedBy === 'files' && sameManifest(current, next) ? undefined : next;
}

/** A source that stood in the folder and does not any more. */
export const goneFromFiles = (current: SourceChanged | undefined, at: string): SourceChanged | undefined =>
  current?.state === 'standing' && current.managedBy === 'files' ? { ...current, state: 'removed', by: files, reason: 'It no longer stands in the folder of sources.', at, version: current.version + 1 } : undefined;

/** The source that was published; undefined where this release cannot read it. */
export function sourceOf({ manifest }: SourceChanged): Source | undefined {
  const checked = checkSource(manifest);
  return 'source' in checked ? checked.source : undefined;
}

function standing(current: SourceChanged | undefined, source: Source, how: Pick<SourceChanged, 'managedBy' | 'paused'>, change: Change): SourceChanged {
  const { tenant, name, owner, spec } = source;
  return { tenant, name, owner, kind: spec.kind, state: 'standing', ...how, manifest: { ...manifestOf(source) }, ...change, version: (current?.version ?? 0) + 1 };
}

const sameManifest = (a: SourceChanged | undefined, b: SourceChanged): boolean => a !== undefined && digestOf(a.manifest) === digestOf(b.manifest);
