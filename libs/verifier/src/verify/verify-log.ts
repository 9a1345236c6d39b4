// SPDX-License-Identifier: Apache-2.0
import { type LogPolicy, type Replay, replayLog } from '@nervus/transparency-log';
import { idempotencyKeyOf, type TrustBundle } from '@nervus/trust';
import { found } from '../finding.js';
import type { LogReader } from '../log/log-reader.js';
import { base64, holdToPromises, readPromises } from './checkpoints.js';
import { EntryWalk } from './entry-walk.js';
import { Notebook } from './notebook.js';
import { limits, maxListed, type Report, type Shortfall, verdictOf } from './report.js';

/** What a log is held to. Whatever is believed comes from outside of it. */
export interface VerifyLogOptions {
  readonly reader: LogReader;
  /** The keys of the log (c2sp.org/tlog-policy); without it the verdict is INCOMPLETE. */
  readonly policy: LogPolicy | undefined;
  /** The root of the installation; without it the verdict is INCOMPLETE. */
  readonly trust: TrustBundle | undefined;
  /** A checkpoint kept elsewhere: shows that this copy was cut off or rewritten. */
  readonly keptCheckpoint?: Uint8Array | string;
  /** Effects as the targets report them. */
  readonly effects?: readonly ReportedEffect[];
  /** What the caller already knows to be missing. */
  readonly shortfalls?: readonly Shortfall[];
}

/** One effect that a target says it has carried out. */
export interface ReportedEffect {
  readonly idempotencyKey: string;
}

const verifier = '@nervus/verifier 0.1.0';

/**
 * Verifies a log in the order of audit.md section 5: signatures of its checkpoints, replay of every entry, every tile,
 * consistency of archived checkpoints, values, producers' signatures up to the pinned root, sequences, rules, and what
 * targets report. It never writes, needs no network, and finds faults instead of throwing them; only the reader's own
 * errors are thrown.
 */
export async function verifyLog(options: VerifyLogOptions): Promise<Report> {
  const notebook = new Notebook();
  for (const { code, detail, indexes } of options.shortfalls ?? []) notebook.shortfall('notes', code, detail, indexes);
  const walk = new EntryWalk(options.reader, options.trust, notebook);
  if (!options.policy) {
    notebook.shortfall('notes', 'policy_missing', 'No policy was given: without the keys of the log, from outside of it, nothing in it can be believed.');
    return reportOf({ options, notebook, walk, size: 0, origin: undefined, root: undefined, archived: 0 });
  }
  const promises = await readPromises(options.reader, options.policy, options.keptCheckpoint, notebook);
  const [newest] = promises.all;
  if (!newest) return reportOf({ options, notebook, walk, size: 0, origin: undefined, root: undefined, archived: promises.archived });
  const { size, origin, root } = newest.checkpoint;
  walk.origin = origin;
  walk.logKeys = options.policy.logs.map(({ verifier: key }) => key);
  const rootsAt = [...promises.all, ...(promises.kept ? [promises.kept] : [])].map(({ checkpoint }) => checkpoint.size);
  const replay = await replayLog(options.reader, size, { trustedRoot: root, rootsAt, onEntries: (first, entries, leafHashes) => walk.bundle(first, entries, leafHashes) });
  noteFaults(replay, notebook);
  holdToPromises(promises, size, replay, notebook);
  await walk.conclude(size);
  noteWalk(walk, options, notebook);
  return reportOf({ options, notebook, walk, size, origin, root: base64(root), archived: promises.archived });
}

function noteFaults(replay: Replay, notebook: Notebook): void {
  notebook.looked('replay', `${replay.entriesWalked} of ${replay.size} entries`);
  notebook.looked('tiles', replay.tilesWalked ? 'every tile, full and partial, on every level' : 'not all tiles');
  for (const { path, problem, detail, indexes } of replay.faults) {
    const step = path.startsWith('tile/entries/') ? 'replay' : 'tiles';
    if (problem === 'missing') notebook.shortfall(step, 'file_missing', `${path}: ${detail}.`, indexes);
    else notebook.violation(step, found('log', step === 'replay' ? 'entries_altered' : 'tile_altered', indexes, `${path}: ${detail}.`));
  }
  if (replay.entriesWalked < replay.size) notebook.shortfall('replay', 'walk_shortened', `Only ${replay.entriesWalked} of ${replay.size} entries could be walked.`);
  if (!replay.tilesWalked) notebook.shortfall('tiles', 'walk_shortened', 'Not every tile could be walked.');
}

function noteWalk(walk: EntryWalk, { trust, effects }: VerifyLogOptions, notebook: Notebook): void {
  notebook.looked('payloads', `${walk.payloads} values, ${walk.payloadsMissing} not kept`);
  if (!trust) notebook.shortfall('signatures', 'trust_missing', 'No trust bundle was given: who signed the records cannot be told.');
  notebook.looked('signatures', `${walk.signatures?.verified ?? 0} signatures by ${walk.signatures?.directory.size ?? 0} keys`);
  notebook.looked('sequences', `${[...walk.sequences.states()].length} processes`);
  notebook.looked('rules', 'R1 to R7');
  if (effects) notebook.looked('effects', `${effects.length} effects that targets report`);
}

interface Outcome {
  readonly options: VerifyLogOptions;
  readonly notebook: Notebook;
  readonly walk: EntryWalk;
  readonly size: number;
  readonly origin: string | undefined;
  readonly root: string | undefined;
  readonly archived: number;
}

function reportOf({ options, notebook, walk, size, origin, root, archived }: Outcome): Report {
  const keys = new Set([...walk.rules.permittedDigests()].map(idempotencyKeyOf));
  const strangers = options.effects?.filter(({ idempotencyKey }) => !keys.has(idempotencyKey)).map(({ idempotencyKey }) => idempotencyKey);
  for (const key of strangers ?? []) notebook.violation('effects', found('R9', 'effect_without_permit', [], `A target reports an effect under the key ${key}, which no decision in the log permits.`));
  const states = [...walk.sequences.states()];
  const { violations, incomplete } = notebook;
  return {
    v: 1, verifier, verdict: verdictOf(violations.length, incomplete.length),
    log: { origin, size, root, upTo: Number.isFinite(walk.newest) ? new Date(walk.newest).toISOString() : undefined },
    steps: notebook.summary(),
    violations: violations.slice(0, maxListed),
    incomplete: incomplete.slice(0, maxListed),
    recovered: walk.sequences.gaps().filter(({ state }) => state === 'recovered'),
    effects: strangers && { reported: options.effects?.length ?? 0, withoutPermit: strangers.length, keys: strangers.slice(0, maxListed) },
    counts: {
      violations: violations.length, incomplete: incomplete.length, entries: [...walk.byType.values()].reduce((sum, count) => sum + count, 0), archivedCheckpoints: archived,
      payloads: walk.payloads, payloadsMissing: walk.payloadsMissing, undecodable: walk.undecodable,
      signatures: walk.signatures?.verified ?? 0, keys: walk.signatures?.directory.size ?? 0,
      processes: states.length, openProcesses: states.filter(({ state }) => state === 'open').length,
      permittedActions: keys.size, openIntents: walk.rules.openIntents(),
      byType: Object.fromEntries([...walk.byType].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    },
    limits,
  };
}
