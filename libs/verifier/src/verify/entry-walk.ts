// SPDX-License-Identifier: Apache-2.0
// What is asked of each entry, in the order of the log: its value, its signature, its number, the rules.
import { FindingRaised, topics } from '@nervus/contracts';
import { FormatError, type NoteVerifier, openNote, readBundle, tileWidth, TrustError } from '@nervus/transparency-log';
import { base64url, digestOfBytes, type LogEntry, parseEntry, type TrustBundle, VerificationError } from '@nervus/trust';
import { type EntryFacts, factsOf, prefixOf } from '../entry-facts.js';
import { found } from '../finding.js';
import type { LogReader } from '../log/log-reader.js';
import { coordinatesText, decodePayloadBundle, type PayloadBundle, payloadPath, type StoredPayload } from '../log/payload-bundle.js';
import { Rules } from '../rules/rules.js';
import { type HeartbeatFacts, ProducerSequences } from '../sequences/producer-sequences.js';
import { IdTable } from './id-table.js';
import type { Notebook } from './notebook.js';
import { decodeValue, isHeartbeat, isNeeded, isRead } from './record-values.js';
import { SignatureCheck } from './signatures.js';

/** Two entries that seem to say different things where only one may be said. */
interface Doubt {
  readonly first: number;
  readonly second: number;
}

export class EntryWalk {
  readonly rules = new Rules();
  readonly sequences = new ProducerSequences();
  readonly byType = new Map<string, number>();
  payloads = 0;
  payloadsMissing = 0;
  undecodable = 0;
  /** Newest `ce_time` in milliseconds; -Infinity before the first entry. */
  newest = -Infinity;
  signatures: SignatureCheck | undefined;

  /** Set before the walk, from the checkpoint that is believed. */
  origin = '';
  logKeys: readonly NoteVerifier[] = [];

  private prefix: string | undefined;
  private readonly ids = new IdTable();
  private readonly doubtedNumbers: Doubt[] = [];
  private readonly doubtedIds: Doubt[] = [];
  private readonly reported = new Map<string, { readonly index: number; readonly finding: FindingRaised }>();

  constructor(
    private readonly reader: LogReader,
    private readonly trust: TrustBundle | undefined,
    private readonly notebook: Notebook,
  ) {}

  /** Takes the entries of one bundle, which begins at entry `first`. */
  async bundle(first: number, entries: readonly Uint8Array[], leafHashes: readonly Uint8Array[]): Promise<void> {
    const payloads = await this.payloadsOf(first, entries.length);
    for (const [i, bytes] of entries.entries()) {
      const [leaf, payload] = [leafHashes[i], payloads?.[i]];
      if (leaf) this.entry(first + i, bytes, leaf, payload);
    }
  }

  private async payloadsOf(first: number, width: number): Promise<readonly StoredPayload[] | undefined> {
    const bundle = Math.floor(first / tileWidth);
    for (const stored of new Set([width, tileWidth])) {
      const bytes = await this.reader.read(payloadPath(bundle, stored));
      if (!bytes) continue;
      const decoded = decodePayloadBundle(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), stored);
      if (!decoded) {
        this.notebook.violation('payloads', found('payload', 'payload_malformed', [first], `The file ${payloadPath(bundle, stored)} is damaged.`));
        return undefined;
      }
      this.holdToNote(bundle, stored, decoded);
      return decoded.payloads.slice(0, width);
    }
    return undefined;
  }

  /** Where and when records were read is the word of the keeper of the log: it must at least be his. */
  private holdToNote(bundle: number, width: number, { note, payloads }: PayloadBundle): void {
    const first = bundle * tileWidth;
    try {
      if (openNote(note, this.logKeys).text === coordinatesText(this.origin, bundle, payloads)) return;
      this.notebook.violation('payloads', found('payload', 'coordinates_altered', [first], `The file ${payloadPath(bundle, width)} says otherwise where and when its records were read than the log signed.`));
    } catch (error) {
      if (!(error instanceof TrustError || error instanceof FormatError)) throw error;
      this.notebook.violation('payloads', found('payload', 'coordinates_unsigned', [first], `The file ${payloadPath(bundle, width)}: ${error.message}.`));
    }
  }

  private entry(index: number, bytes: Uint8Array, leaf: Uint8Array, payload: StoredPayload | undefined): void {
    const entry = this.parsed(index, bytes);
    this.prefix ??= entry && prefixOf(entry.topic);
    const facts = entry && factsOf(entry, this.prefix ?? '');
    if (!entry || !facts) return;
    if (this.trust && !this.signatures) this.signatures = new SignatureCheck(this.trust, this.prefix ?? '');
    if (!facts.topic) this.notebook.shortfall('rules', 'topic_unknown', `The topic ${entry.topic} is not one that this verifier knows: use the version that belongs to the log.`, [index]);
    this.byType.set(facts.type, (this.byType.get(facts.type) ?? 0) + 1);
    const { value, data } = this.valueOf(index, facts, payload);
    this.signatures?.entry({ index, entry, facts, value, data, appendedAt: payload?.appendedAt });
    this.numbered(index, facts, data);
    const before = this.ids.note(`${facts.producer} ${facts.id}`, facts.valueDigest, index);
    if (before && !before.sameValue) this.doubtedIds.push({ first: before.first, second: index });
    if (!facts.complete) return;
    this.newest = Math.max(this.newest, facts.time);
    if (facts.type === FindingRaised.type && data) this.reported.set((data as FindingRaised).findingId, { index, finding: data as FindingRaised });
    this.notebook.violation('rules', ...this.rules.entry({ ...facts, index, leaf: base64url(leaf), ...(data !== undefined && { data }) }));
  }

  private parsed(index: number, bytes: Uint8Array): LogEntry | undefined {
    try {
      return parseEntry(bytes);
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      this.notebook.violation('replay', found('log', 'entry_malformed', [index], `The entry is no record: ${error.message}.`));
      return undefined;
    }
  }

  private valueOf(index: number, facts: EntryFacts, payload: StoredPayload | undefined): { value: Buffer | null | undefined; data: unknown } {
    const nothing = { value: undefined, data: undefined };
    const value = payload?.value;
    if (value === undefined) {
      this.payloadsMissing++;
      if (isNeeded(facts.type)) this.notebook.shortfall('payloads', 'payload_missing', `The value of a ${facts.type} is not at hand; without it the log cannot be judged.`, [index]);
      return nothing;
    }
    this.payloads++;
    if ((value && digestOfBytes(value)) !== facts.valueDigest) {
      this.notebook.violation('payloads', found('payload', 'payload_mismatch', [index], 'The value beside the entry is not the one whose digest the entry names.'));
      return nothing;
    }
    if (value === null || !facts.complete) {
      if (!facts.complete) this.undecodable++;
      return { value, data: value === null ? null : undefined };
    }
    const data = isRead(facts.type) ? decodeValue(facts, value) : undefined;
    if (data === undefined && isRead(facts.type)) {
      this.undecodable++;
      if (isNeeded(facts.type)) this.notebook.violation('payloads', found('payload', 'undecodable', [index], `The value does not have the form of a ${facts.type}.`));
    }
    return { value, data };
  }

  private numbered(index: number, facts: EntryFacts, data: unknown): void {
    // Whoever has a key can write an enrolment: it counts only when the key turns out to be the producer's.
    if (facts.topic?.name !== topics.identity.enrolments.name) this.place(index, facts);
    if (facts.complete && isHeartbeat(facts.type) && data) this.sequences.beat(facts.producer, data as HeartbeatFacts);
  }

  private place(index: number, { producer, epoch, n }: EntryFacts): void {
    const placed = this.sequences.place(producer, epoch, n, index);
    if (placed === 'known') this.doubtedNumbers.push({ first: this.sequences.indexOf(producer, epoch, n) ?? index, second: index });
    if (placed === 'scattered') this.notebook.violation('sequences', found('R8', 'sequence_scattered', [index], `The process ${epoch} of ${producer} leaves more holes in its numbers than can be followed.`));
  }

  /** What can be said only when everything was read. */
  async conclude(size: number): Promise<void> {
    if (this.signatures) this.notebook.violation('signatures', ...this.signatures.conclude());
    for (const { index, facts } of this.signatures?.countedEnrolments() ?? []) this.place(index, facts);
    for (const doubt of this.doubtedNumbers) await this.settleNumber(doubt, size);
    for (const doubt of this.doubtedIds) await this.settleId(doubt, size);
    // Without trust the enrolments, which have numbers too, belong to nobody.
    for (const gap of this.signatures ? this.sequences.gaps() : []) {
      if (gap.state === 'open') this.notebook.shortfall('sequences', 'sequence_gap', `Numbers ${gap.from} to ${gap.to} of process ${gap.epoch} of ${gap.producer} are not in the log, and nothing explains it.`);
    }
    this.notebook.violation('rules', ...this.rules.unresolved(), ...this.rules.stopped(), ...(Number.isFinite(this.newest) ? this.rules.overdue(this.newest) : []));
    for (const { index, finding } of this.reported.values()) {
      const standing = finding.status === 'lost' || (finding.status === 'open' && finding.severity === 'violation');
      if (standing) this.notebook.violation('rules', found(ruleOf(finding.rule), `reported_${finding.code}`, [index, ...finding.indexes.slice(0, 10)], `The keeper of the log reported it and nobody closed it: ${finding.detail}`));
    }
  }

  private async settleNumber({ first, second }: Doubt, size: number): Promise<void> {
    const [one, other] = [await this.entryAt(first, size), await this.entryAt(second, size)];
    const same = one !== undefined && other !== undefined && Buffer.from(one).equals(other);
    if (same) this.notebook.violation('sequences', found('R8', 'duplicate_entry', [second, first], 'The same record stands twice in the log.'));
    else this.notebook.violation('sequences', found('R8', 'equivocation', [second, first], 'Two different records stand under one number of one process.'));
  }

  private async settleId({ first, second }: Doubt, size: number): Promise<void> {
    const [one, other] = [await this.factsAt(first, size), await this.factsAt(second, size)];
    if (!one || !other || one.producer !== other.producer || one.id !== other.id || one.valueDigest === other.valueDigest) return;
    this.notebook.violation('sequences', found('R8', 'id_conflict', [second, first], `The event ${one.id} stands in the log with two different values.`));
  }

  private async factsAt(index: number, size: number): Promise<EntryFacts | undefined> {
    const bytes = await this.entryAt(index, size);
    const entry = bytes && parseEntry(bytes);
    return entry && factsOf(entry, this.prefix ?? '');
  }

  private async entryAt(index: number, size: number): Promise<Uint8Array | undefined> {
    const bundle = Math.floor(index / tileWidth);
    const entries = await readBundle(this.reader, bundle, Math.min(tileWidth, size - bundle * tileWidth));
    return entries[index % tileWidth];
  }
}

type RuleName = Parameters<typeof found>[0];
const ruleOf = (rule: string): RuleName => (/^R[1-9]$/.test(rule) ? (rule as RuleName) : 'log');

