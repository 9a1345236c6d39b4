// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchReceipted, CheckpointSigned, findRecordType, FindingRaised, IntentReceipted, topics } from '@nervus/contracts';
import { eventOf, type OutgoingEvent, systemClock } from '@nervus/messaging';
import { hashLeaf, noteVerifier, openCheckpoint } from '@nervus/transparency-log';
import { entryBytes, formatTrustBundle, type TrustBundle } from '@nervus/trust';
import { decodeValue, factsOf, type Report, verifyFolder } from '@nervus/verifier';
import type { SampleRecord } from '@nervus/verifier/testing';
import { AuditLog, type AuditLogOptions } from '../adapters/audit-log.js';
import { type Head, HeadStore } from '../adapters/head-store.js';
import { openLogKey } from '../adapters/log-key.js';
import type { Candidate } from '../domain/candidate.js';
import { PartitionProgress } from '../domain/partition-progress.js';
import { MemoryAggregates } from './memory-aggregates.js';

const origin = 'log.nervus.local';

/** A record as capture hands it to the writer. */
export function candidateOf({ entry, leaf, payload, record }: SampleRecord): Candidate {
  const facts = factsOf(entry, '');
  if (!facts) throw new Error('the sample record has no number');
  const bytes = entryBytes(entry);
  const declared = findRecordType(facts.type);
  const enrolment = facts.topic?.name === topics.identity.enrolments.name;
  return {
    bytes, leafHash: hashLeaf(bytes), leaf, facts, value: record.value, data: declared && record.value ? decodeValue(facts, record.value) : record.value === null ? null : undefined,
    origin: { topic: record.topic, partition: payload.partition, offset: payload.offset, appendedAt: payload.appendedAt }, ...(enrolment && facts.key !== null && { selfSignedBy: facts.key }),
  };
}

/** The log of one installation on a real disk, with its database and its topics in memory: both outlive the process. */
export class LogHarness {
  readonly store = new MemoryAggregates<Head>();
  /** What Kafka has of the log's own topics. */
  readonly published: OutgoingEvent[] = [];
  readonly progress = new PartitionProgress();
  readonly fatal: Error[] = [];
  readonly problems = new Map<string, string>();
  /** Thrown by the broker while it is set. */
  brokerFailure: Error | undefined;
  private readonly opened: AuditLog[] = [];
  private processes = 0;

  private constructor(readonly root: string) {}

  static async create(root?: string): Promise<LogHarness> {
    return new LogHarness(root ?? (await mkdtemp(join(tmpdir(), 'nervus-audit-'))));
  }

  get folder(): string {
    return join(this.root, 'log');
  }

  /** A process that opens the log, as after a start. A process before it that was not closed counts as killed. */
  async open(more: Partial<AuditLogOptions> = {}): Promise<AuditLog> {
    const head = await this.store.read('log');
    if (head) await this.store.apply('log', `expire ${this.processes}`, (state) => (state ? { state: { ...state, leaseUntil: 0 }, events: [] } : 'unchanged'));
    const key = await openLogKey(this.root, origin);
    const log = await AuditLog.open({
      folder: this.folder, key, head: new HeadStore(this.store, `process ${this.processes++}`, () => Date.now()), topicPrefix: '', captured: ['t'], progress: this.progress,
      events: {
        of: (type, event) => eventOf(type, event, systemClock),
        publish: async (events) => {
          if (this.brokerFailure) throw this.brokerFailure;
          this.published.push(...events);
          return Promise.resolve();
        },
      },
      newestOnKafka: () => {
        const newest = this.published.findLast(({ type }) => type === CheckpointSigned.type);
        return Promise.resolve(newest && openCheckpoint((JSON.parse(newest.value ?? '') as CheckpointSigned).note, [noteVerifier(key.signer.verifierKey)]).checkpoint);
      },
      askEnds: () => Promise.resolve(), clock: systemClock,
      onProblem: (what, problem) => void (problem === null ? this.problems.delete(what) : this.problems.set(what, problem)), onFatal: (error) => this.fatal.push(error), lingerMs: 0, ...more,
    });
    this.opened.push(log);
    return log;
  }

  /** Hands records in as capture does; resolves when all are receipted. */
  async submit(log: AuditLog, records: readonly SampleRecord[]): Promise<void> {
    await Promise.all(records.map((record) => log.writer.submit(candidateOf(record))));
  }

  /** Leaf hashes in the order of the log, as the receipts on Kafka tell it; a receipt that came twice must say the same. */
  receipted(): string[] {
    const leaves: string[] = [];
    for (const { first, leaves: lines } of this.dataOf<BatchReceipted>(BatchReceipted.type)) for (const [i, [leaf]] of lines.entries()) {
      if (leaves[first + i] !== undefined && leaves[first + i] !== leaf) throw new Error(`entry ${first + i} was receipted with two leaves`);
      leaves[first + i] = leaf;
    }
    return leaves;
  }

  intents(): IntentReceipted[] {
    return this.dataOf<IntentReceipted>(IntentReceipted.type);
  }

  findings(): FindingRaised[] {
    return this.dataOf<FindingRaised>(FindingRaised.type);
  }

  private dataOf<T>(type: string): T[] {
    return this.published.filter((event) => event.type === type).map(({ value }) => JSON.parse(value ?? '') as T);
  }

  /** Verifies the folder with trust from outside of it. */
  async verify(trust: TrustBundle): Promise<Report> {
    const trustFile = join(this.root, 'trust-bundle.json');
    await writeFile(trustFile, formatTrustBundle(trust));
    return verifyFolder({ log: this.folder, policyFile: join(this.root, 'log-policy'), trustFile });
  }

  /** Ends what is left of processes that count as killed, and removes everything. */
  async remove(): Promise<void> {
    for (const log of this.opened) await log.close().catch(() => undefined);
    await rm(this.root, { recursive: true, force: true });
  }
}

export const leavesOf = (records: readonly SampleRecord[]): string[] => records.map(({ leaf }) => leaf);
