// SPDX-License-Identifier: Apache-2.0
// Finding the log again at start. Everything is read, so that the state of the writer, the root and the files are all
// known to fit: what was committed is finished, what was journalled and not committed is dropped, and when less is left
// than was published nothing is served and nothing signed.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FindingRaised, topics } from '@nervus/contracts';
import { type Checkpoint, Frontier, hashLeaf, noteVerifier, openCheckpoint, readBundle, tileWidth } from '@nervus/transparency-log';
import { base64url, parseEntry } from '@nervus/trust';
import { decodePayloadBundle, decodeValue, factsOf, type Finding, isRead, LogFolder, payloadPath } from '@nervus/verifier';
import { FindingLedger, violation } from '../domain/finding-ledger.js';
import { type LoggedRecord, LogState } from '../domain/log-state.js';
import { hasCode } from './durable-files.js';
import { LogRefused } from './errors.js';
import type { Committed, Head } from './head-store.js';
import { endOf, readJournal } from './journal.js';
import type { Frame, JournalRecord } from './journal-frames.js';
import type { LogFiles } from './log-files.js';
import type { ReceiptLine } from './receipts.js';

export interface OpenLogOptions {
  readonly folder: string;
  readonly topicPrefix: string;
  /** The head as the database has it, taken over by this process. */
  readonly head: Head;
  /** Verifier key of the log. */
  readonly verifierKey: string;
  /** The newest checkpoint on Kafka, its note verified. */
  readonly onKafka: Checkpoint | undefined;
  readonly files: LogFiles;
  /** Moves the head from its size to what the journal holds, when the database forgot. */
  readonly commit: (from: number, next: Committed) => Promise<void>;
}

/** The log as it was found. */
export interface OpenedLog {
  readonly state: LogState;
  readonly ledger: FindingLedger;
  readonly frontier: Frontier;
  /** base64url leaf hashes of the entries that are in no full bundle. */
  readonly recent: ReadonlyMap<number, string>;
  /** Size of the newest checkpoint that was published. */
  readonly published: number;
  /** Appends of which it is not known whether Kafka has their receipts: to be published again. */
  readonly unreceipted: readonly { readonly first: number; readonly lines: readonly ReceiptLine[] }[];
  /** Whether the database had forgotten committed appends, which the journal still held. */
  readonly rolledForward: number;
}

/** Reads the whole log. @throws LogRefused */
export async function openLog(options: OpenLogOptions): Promise<OpenedLog> {
  const { folder, head, files, onKafka } = options;
  const frames = await readJournal(join(folder, 'journal'));
  const own = await ownCheckpoint(folder, options.verifierKey);
  const published = newest(own, onKafka);
  const size = targetOf(head.size, published, frames);
  const state = new LogState();
  const ledger = new FindingLedger();
  const frontier = Frontier.empty();
  const findings: Finding[] = [];
  const recent = new Map<number, string>();
  for await (const record of recordsOf(folder, size, frames)) {
    const leafHash = hashLeaf(record.entry);
    const index = frontier.size;
    const leaf = base64url(leafHash);
    const logged = loggedRecord(record, leaf, options.topicPrefix);
    if (index >= size - (size % tileWidth)) recent.set(index, leaf);
    findings.push(...state.appended(logged, index));
    if (logged.facts.complete && logged.facts.type === FindingRaised.type && logged.data) ledger.told(logged.data as FindingRaised);
    frontier.append(leafHash);
    files.add([{ ...record, leafHash }]);
    // Files that were being written when the process died are finished here; memory is not to hold all of them.
    if (frontier.size % (64 * tileWidth) === 0) await files.settled();
    if (frontier.size === head.size && head.size > 0) holdRoot(frontier, head.root, 'root_mismatch', 'the database has');
    // The checkpoint in the folder needs its partial files.
    if (frontier.size === own?.size) await files.writePartials(files.snapshot());
    if (frontier.size === published?.size) holdRoot(frontier, base64url(published.root), 'split_view', 'its own signed checkpoint promises');
  }
  await files.settled();
  for (const finding of findings) ledger.say(violation(finding));
  if (size > head.size) await options.commit(head.size, committed(frontier, state));
  const unreceipted = frames.filter((frame) => endOf(frame) > (published?.size ?? 0) && endOf(frame) <= size).map(({ first, records }) => ({ first, lines: records.map(lineOf) }));
  return { state, ledger, frontier, recent, published: published?.size ?? 0, unreceipted, rolledForward: size - head.size };
}

/** How far the log goes: what was committed, or what was published and the journal still has. */
function targetOf(committedSize: number, published: Checkpoint | undefined, frames: readonly Frame[]): number {
  if (!published || published.size <= committedSize) return committedSize;
  const frame = frames.find((candidate) => endOf(candidate) >= published.size);
  if (frame) return endOf(frame);
  throw new LogRefused('log_behind_published', `a checkpoint of ${published.size} entries was published, the database has ${committedSize} and the journal no more: a tail was lost. Restore the folder of the log or its database; nothing is served or signed until then`, { published: published.size, committed: committedSize });
}

async function* recordsOf(folder: string, size: number, frames: readonly Frame[]): AsyncGenerator<JournalRecord> {
  const reader = new LogFolder(folder);
  const journalled = frames.flatMap(({ records }) => records);
  const from = frames[0]?.first ?? size;
  for (let start = 0; start < size; start += tileWidth) {
    const width = Math.min(tileWidth, size - start);
    const fromFiles = width === tileWidth ? await bundleIn(reader, start / tileWidth) : undefined;
    const records = fromFiles ?? (start >= from ? journalled.slice(start - from, start - from + width) : []);
    if (records.length < width) throw new LogRefused('log_behind_head', `the database has ${size} entries, but neither bundles nor journal hold those from ${start + records.length} on: restore the folder of the log; nothing is served or signed until then`, { size, missingFrom: start + records.length });
    yield* records;
  }
}

async function bundleIn(reader: LogFolder, bundle: number): Promise<JournalRecord[] | undefined> {
  const bytes = await reader.read(payloadPath(bundle, tileWidth));
  const payloads = bytes && decodePayloadBundle(bytes, tileWidth)?.payloads;
  const entries = payloads && (await readBundle(reader, bundle, tileWidth).catch(() => undefined));
  return entries?.flatMap((entry, i) => (payloads?.[i] ? [{ entry: Buffer.from(entry), payload: payloads[i] }] : []));
}

function loggedRecord({ entry, payload }: JournalRecord, leaf: string, topicPrefix: string): LoggedRecord {
  const facts = factsOf(parseEntry(entry), topicPrefix);
  if (!facts) throw new LogRefused('root_mismatch', 'an entry of the log has no number', { leaf });
  const { value, appendedAt } = payload;
  const data = facts.complete && value && isRead(facts.type) ? decodeValue(facts, value) : value === null ? null : undefined;
  const isEnrolment = facts.topic?.name === topics.identity.enrolments.name && facts.key !== null;
  return { facts, data, leaf, origin: { appendedAt }, ...(isEnrolment && facts.key !== null && { selfSignedBy: facts.key }) };
}

async function ownCheckpoint(folder: string, verifierKey: string): Promise<Checkpoint | undefined> {
  const note = await readFile(join(folder, 'checkpoint')).catch((error: unknown) => (hasCode(error, 'ENOENT') ? undefined : Promise.reject(error as Error)));
  if (!note) return undefined;
  try {
    return openCheckpoint(note, [noteVerifier(verifierKey)]).checkpoint;
  } catch (cause) {
    throw new LogRefused('split_view', `the checkpoint in ${folder} is not by the key of this log: another log was here, or the key was replaced`, { folder }, { cause });
  }
}

function holdRoot(frontier: Frontier, expected: string, code: 'root_mismatch' | 'split_view', who: string): void {
  const root = base64url(frontier.root());
  if (root !== expected) throw new LogRefused(code, `the first ${frontier.size} entries lead to the root ${root}, ${who} ${expected}: the log was altered`, { size: frontier.size, root, expected });
}

const newest = (a: Checkpoint | undefined, b: Checkpoint | undefined): Checkpoint | undefined => (a && b ? (a.size >= b.size ? a : b) : (a ?? b));

function committed(frontier: Frontier, state: LogState): Committed {
  const watermarks = [...state.sequences.states()].filter((process) => process.state === 'open').map(({ producer, epoch, watermark }) => [`${producer} ${epoch}`, watermark] as const);
  return { size: frontier.size, root: base64url(frontier.root()), frontier: frontier.state().hashes.map(base64url), watermarks };
}

function lineOf({ entry, payload: { partition, offset } }: JournalRecord): ReceiptLine {
  return { leaf: base64url(hashLeaf(entry)), origin: { topic: parseEntry(entry).topic, partition, offset } };
}
