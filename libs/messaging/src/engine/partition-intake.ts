// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../clock.js';
import type { CommitRequest, InboundRecord, PartitionBatch } from '../port.js';
import type { PartitionGauges } from './engine-metrics.js';
import { BatchLane, KeyLanes, type Lanes } from './key-lanes.js';
import type { Lease } from './lease.js';
import { type Tracked, Watermark } from './watermark.js';

/** How much of one partition may be in flight. */
export interface IntakeLimits {
  /** Records taken in and not finished. @default 1000 */
  readonly maxRecords: number;
  /** Their bytes (key, value, headers). @default 16 MiB */
  readonly maxBytes: number;
  /** Records between the oldest unfinished one and the newest: what a crash would have handled again. @default 10000 */
  readonly maxAhead: number;
  /** Key lanes: how many keys of the partition are handled side by side. @default 128 */
  readonly lanes: number;
  /** Records handed to one call of a batch handler. @default 500 */
  readonly maxBatch: number;
}

export const defaultIntakeLimits: IntakeLimits = { maxRecords: 1000, maxBytes: 16 * 1024 * 1024, maxAhead: 10_000, lanes: 128, maxBatch: 500 };

/** What is done with records. Resolves to true when they are finished, to false when they are left; never rejects. */
export type IntakeWork =
  | { readonly mode: 'records'; readonly handle: (record: InboundRecord, lease: Lease) => Promise<boolean>; readonly notBefore?: (record: InboundRecord) => number }
  /** One record of the partition at a time. */
  | { readonly mode: 'strict'; readonly handle: (record: InboundRecord, lease: Lease) => Promise<boolean> }
  /** In order; all of them are finished, or none. */
  | { readonly mode: 'batches'; readonly handle: (records: readonly InboundRecord[], lease: Lease) => Promise<boolean> };

/** What the intake needs from the engine. */
export interface IntakeOwner {
  readonly clock: Clock;
  /** No work starts in a rebalance, after a failure, or when the drain budget is over. */
  mayStart(): boolean;
  /** A handler ended: there may be room, and when the watermark moved there is something to commit. */
  settled(intake: PartitionIntake, moved: boolean): void;
}

interface InFlight extends Tracked {
  /** Let go of when finished: an entry may wait long for an older one. */
  record: InboundRecord | undefined;
  readonly bytes: number;
  readonly appendedAt: number;
}

/**
 * One partition for as long as it is ours.
 *
 * Invariants: a record is taken in once per assignment (a refetch is recognised by its offset); the position never
 * passes an unfinished record; bytes counts exactly the unfinished records.
 */
export class PartitionIntake {
  readonly lease: Lease;
  /** True while we asked the client to fetch nothing more of it. */
  paused = false;
  /** True when records of it wait for a time of their own. */
  private readonly delays: boolean;
  /** True while the partition is about to go to another process: what runs may finish, nothing more is started. */
  leaving = false;
  private readonly revocation = new AbortController();
  private readonly watermark = new Watermark<InFlight>();
  private readonly lanes: Lanes<InFlight>;
  private bytes = 0;
  private started = 0;
  private highWatermark = 0n;
  /** Where the first record stood: committing that would say nothing. */
  private first: bigint | undefined;
  /** What the group has of our commits; at first `first`. */
  private committed: bigint | undefined;
  private waiting: (() => void)[] = [];
  /** What has not started will not start any more here. */
  private handingBack = false;

  constructor(
    readonly topic: string,
    readonly partition: number,
    work: IntakeWork,
    private readonly limits: IntakeLimits,
    private readonly owner: IntakeOwner,
  ) {
    const due = work.mode === 'records' && work.notBefore ? { clock: owner.clock, at: ({ record }: InFlight) => work.notBefore!(record!) } : undefined;
    this.delays = due !== undefined;
    this.lease = { topic, partition, signal: this.revocation.signal };
    const mayStart = (): boolean => !this.revoked && !this.leaving && owner.mayStart();
    this.lanes =
      work.mode === 'batches'
        ? new BatchLane<InFlight>(limits.maxBatch, (entries) => this.workBatch(entries, work.handle), mayStart)
        : new KeyLanes<InFlight>(work.mode === 'strict' ? 1 : limits.lanes, (entry) => entry.record!.key, (entry) => this.work(entry, work.handle), mayStart, due);
  }

  get revoked(): boolean {
    return this.revocation.signal.aborted;
  }

  get full(): boolean {
    return this.watermark.open >= this.limits.maxRecords || this.bytes >= this.limits.maxBytes || this.watermark.size >= this.limits.maxAhead;
  }

  /** Half empty again: the distance between stopping and going on keeps the client from flapping. */
  get roomy(): boolean {
    return this.watermark.open * 2 <= this.limits.maxRecords && this.bytes * 2 <= this.limits.maxBytes && this.watermark.size * 2 <= this.limits.maxAhead;
  }

  /** Records that are handled now or still may be: after the lease is gone only those that had been started. */
  get pending(): number {
    return this.revoked || this.handingBack ? this.started : this.watermark.open;
  }

  get position(): bigint | undefined {
    return this.watermark.position;
  }

  /** Takes in what is new of a batch and starts what may start. Returns how many records were new. */
  take(batch: PartitionBatch): number {
    if (batch.highWatermark > this.highWatermark) this.highWatermark = batch.highWatermark;
    let taken = 0;
    for (const record of batch.records) {
      const { next } = this.watermark;
      if (next !== undefined && record.offset < next) continue;
      const entry: InFlight = { offset: record.offset, finished: false, record, bytes: sizeOf(record), appendedAt: record.timestamp };
      if (this.first === undefined) this.first = this.committed = record.offset;
      this.watermark.take(entry);
      this.bytes += entry.bytes;
      taken++;
      this.lanes.push(entry);
    }
    return taken;
  }

  /** Resolves when there is room, or when there is no longer any point in waiting. */
  room(): Promise<void> {
    if (!this.full || this.revoked) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Starts what could not start before. */
  resume(): void {
    this.lanes.resume();
  }

  /** The process stops: what waits for a time of its own is left to the next one, which need not wait for it. */
  handBackDelayed(): void {
    if (!this.delays) return;
    this.handingBack = true;
    this.lanes.clear();
  }

  /** Takes the partition from us: what runs is told, what waits is forgotten. */
  revoke(): void {
    this.revocation.abort();
    this.lanes.clear();
    this.wake();
  }

  /** What is finished and not committed yet. */
  uncommitted(generation: number): CommitRequest | undefined {
    const { position } = this.watermark;
    if (position === undefined || position === this.committed) return undefined;
    return { topic: this.topic, partition: this.partition, offset: position, generation };
  }

  wasCommitted(offset: bigint): void {
    this.committed = offset;
  }

  /** A commit around a rebalance may have been dropped silently: say it again under the new generation. */
  doubtCommit(): void {
    this.committed = this.first;
  }

  gauges(): PartitionGauges {
    const { oldest, position } = this.watermark;
    const lag = position === undefined || position > this.highWatermark ? 0n : this.highWatermark - position;
    return {
      topic: this.topic,
      partition: this.partition,
      inFlight: this.watermark.open,
      inFlightBytes: this.bytes,
      lagSeconds: oldest ? Math.max(0, this.owner.clock.now() - oldest.appendedAt) / 1000 : 0,
      lagRecords: Number(lag),
      paused: this.paused,
    };
  }

  private async work(entry: InFlight, handle: (record: InboundRecord, lease: Lease) => Promise<boolean>): Promise<void> {
    this.started++;
    const finished = await handle(entry.record!, this.lease);
    this.started--;
    this.settle(finished && this.finish(entry));
  }

  private async workBatch(entries: readonly InFlight[], handle: (records: readonly InboundRecord[], lease: Lease) => Promise<boolean>): Promise<void> {
    this.started += entries.length;
    const finished = await handle(entries.map((entry) => entry.record!), this.lease);
    this.started -= entries.length;
    let moved = false;
    if (finished) for (const entry of entries) if (this.finish(entry)) moved = true;
    this.settle(moved);
  }

  private finish(entry: InFlight): boolean {
    entry.record = undefined;
    this.bytes -= entry.bytes;
    return this.watermark.finish(entry);
  }

  private settle(moved: boolean): void {
    if (this.waiting.length > 0 && !this.full) this.wake();
    this.owner.settled(this, moved);
  }

  /** Ends the waiting for room. */
  wake(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** Bytes of a record as it is held in memory: key, value and header values. */
function sizeOf(record: InboundRecord): number {
  let bytes = (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const name in record.headers) {
    const value = record.headers[name]!;
    if (Buffer.isBuffer(value)) bytes += name.length + value.length;
    else for (const one of value) bytes += name.length + one.length;
  }
  return bytes;
}
