// SPDX-License-Identifier: Apache-2.0
// The first step: which signed promises of the log are there. The largest one that is believed says how far to walk; all
// others must be met on the way.
import { type Checkpoint, checkPolicy, FormatError, type LogPolicy, ProofError, type Replay, TrustError } from '@nervus/transparency-log';
import { found } from '../finding.js';
import type { LogReader } from '../log/log-reader.js';
import type { Notebook } from './notebook.js';

/** A checkpoint that satisfies the policy, and where it was found. */
export interface Promised {
  readonly checkpoint: Checkpoint;
  readonly from: string;
}

export interface Promises {
  /** Largest first. */
  readonly all: readonly Promised[];
  readonly archived: number;
  readonly kept: Promised | undefined;
}

/** Reads every checkpoint of the log and the one kept elsewhere, and holds them to the policy. */
export async function readPromises(reader: LogReader, policy: LogPolicy, kept: Uint8Array | string | undefined, notebook: Notebook): Promise<Promises> {
  const all: Promised[] = [];
  const newest = await reader.read('checkpoint');
  if (newest) all.push(...believed(newest, 'checkpoint', policy, notebook));
  else notebook.shortfall('notes', 'checkpoint_missing', 'The log has no file "checkpoint".');
  const sizes = await reader.archivedCheckpoints();
  for (const size of sizes) {
    const from = `checkpoints/${size}`;
    const note = await reader.read(from);
    const [promised] = note ? believed(note, from, policy, notebook) : [];
    if (promised && promised.checkpoint.size !== size) notebook.violation('notes', found('log', 'checkpoint_misfiled', [], `The file ${from} holds the checkpoint of size ${promised.checkpoint.size}.`));
    if (promised) all.push(promised);
  }
  const [keptPromise] = kept === undefined ? [] : believed(kept, 'the checkpoint kept elsewhere', policy, notebook);
  const origins = new Set([...all, ...(keptPromise ? [keptPromise] : [])].map(({ checkpoint }) => checkpoint.origin));
  if (origins.size > 1) notebook.violation('notes', found('log', 'checkpoint_of_other_log', [], `The checkpoints are of different logs: ${[...origins].join(', ')}.`));
  notebook.looked('notes', `${all.length} checkpoints${keptPromise ? ' and one kept elsewhere' : ''}`);
  return { all: all.toSorted((a, b) => b.checkpoint.size - a.checkpoint.size), archived: sizes.length, kept: keptPromise };
}

function believed(note: Uint8Array | string, from: string, policy: LogPolicy, notebook: Notebook): Promised[] {
  try {
    return [{ checkpoint: checkPolicy(note, policy).checkpoint, from }];
  } catch (error) {
    if (error instanceof TrustError && (error.code === 'quorum_missing' || error.code === 'note_untrusted')) notebook.shortfall('notes', error.code, `${from}: ${error.message}.`);
    else if (error instanceof TrustError || error instanceof FormatError || error instanceof ProofError) notebook.violation('notes', found('log', error.code, [], `${from}: ${error.message}.`));
    else throw error;
    return [];
  }
}

/** Compares the roots that were met on the way with those that were promised. */
export function holdToPromises(promises: Promises, size: number, replay: Replay, notebook: Notebook): void {
  for (const { checkpoint, from } of promises.all) {
    const root = checkpoint.size === size ? replay.root : replay.roots.get(checkpoint.size);
    if (root === undefined) notebook.shortfall('consistency', 'checkpoint_not_reached', `${from}: the entries before it could not all be walked.`);
    else if (!Buffer.from(root).equals(checkpoint.root)) notebook.violation('consistency', found('log', 'root_mismatch', [], `${from}: the first ${checkpoint.size} entries lead to the root ${base64(root)}, the checkpoint promises ${base64(checkpoint.root)}.`));
  }
  const { kept } = promises;
  if (kept && kept.checkpoint.size > size) {
    notebook.violation('consistency', found('log', 'log_truncated', [], `The checkpoint kept elsewhere promises ${kept.checkpoint.size} entries, this copy ends at ${size}: it was cut off, or is older than the checkpoint.`));
  } else if (kept) {
    const root = kept.checkpoint.size === size ? replay.root : replay.roots.get(kept.checkpoint.size);
    if (root === undefined) notebook.shortfall('consistency', 'checkpoint_not_reached', `${kept.from}: the entries before it could not all be walked.`);
    else if (!Buffer.from(root).equals(kept.checkpoint.root)) notebook.violation('consistency', found('log', 'split_view', [], `The first ${kept.checkpoint.size} entries are not those that the checkpoint kept elsewhere promised: the log was rewritten, or shown in two versions.`));
  }
  notebook.looked('consistency', `${promises.all.length} roots${kept ? ', and the one kept elsewhere' : ''}`);
}

export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
