// SPDX-License-Identifier: Apache-2.0
//
// Invariant: an offset is committed only when its record and every earlier one of the partition that was received under
// this assignment is finished; a record is finished only when its handler resolved. Work of a partition that is no
// longer ours can neither start nor commit. All state changes in one turn of the event loop: nothing is awaited between
// a check and what follows from it.
import { within } from '../bounded.js';
import type { Clock } from '../clock.js';
import { asError } from '../errors.js';
import type { Consumer, InboundRecord, KafkaClient, PartitionBatch, TopicPartition } from '../port.js';
import { CommitLoop } from './commit-loop.js';
import { type EngineMetrics, type PartitionGauges, noEngineMetrics } from './engine-metrics.js';
import type { Lease } from './lease.js';
import { type IntakeLimits, type IntakeWork, PartitionIntake, defaultIntakeLimits } from './partition-intake.js';

/** Resolves when the record is finished. Rejects only when the lease was revoked; anything else ends the process. */
export type RecordHandler = (record: InboundRecord, lease: Lease) => Promise<void>;

/** The same for records of one partition, in order; they are finished together. */
export type BatchHandler = (records: readonly InboundRecord[], lease: Lease) => Promise<void>;

/** How one topic is handled. */
export interface Subscription {
  /** Physical name. */
  readonly topic: string;
  /** Where to begin when the group has no offset. */
  readonly from: 'beginning' | 'end';
  /** `key`: in order per key. `strict`: one record of a partition at a time. @default 'key' */
  readonly order?: 'key' | 'strict';
  /** Milliseconds since the epoch before which a record is not handled; meanwhile it holds up its key lane. @default at once */
  readonly notBefore?: (record: InboundRecord) => number;
  readonly handle: { readonly record: RecordHandler } | { readonly batch: BatchHandler };
}

export interface EngineOptions {
  readonly client: KafkaClient;
  readonly groupId: string;
  readonly subscriptions: readonly Subscription[];
  readonly clock: Clock;
  /** Called once: the client died, a handler broke its promise, or commits fail for good. The process must end. */
  readonly onFatal: (error: Error) => void;
  readonly metrics?: EngineMetrics;
  readonly limits?: Partial<IntakeLimits>;
  /** Milliseconds to rest between two fetches that bring something. @default 0 */
  readonly restMs?: number;
  /** The group ends with this process. @default false */
  readonly ephemeral?: boolean;
  /** Milliseconds between commits; `never` for consumers that always begin anew. @default 150 */
  readonly commitEveryMs?: number | 'never';
  /** Milliseconds that one commit may take. @default 10000 */
  readonly commitTimeoutMs?: number;
  /** Milliseconds without a successful commit that end the process. @default 120000 */
  readonly commitGiveUpMs?: number;
}

/** Takes records of a consumer group in, has them handled in order per key, and commits what is finished. */
export class Engine {
  private readonly intakes = new Map<string, PartitionIntake>();
  private readonly subscriptions: ReadonlyMap<string, Subscription>;
  private readonly limits: IntakeLimits;
  private readonly metrics: EngineMetrics;
  private readonly commits: CommitLoop;
  private consumer: Consumer | undefined;
  private generation = -1;
  private rebalancing = true;
  private closing: Promise<void> | undefined;
  /** No work starts any more: the process fails, or the drain budget is over. */
  private stopped = false;
  private failed = false;
  private idle: (() => void) | undefined;

  constructor(private readonly options: EngineOptions) {
    this.subscriptions = new Map(options.subscriptions.map((subscription) => [subscription.topic, subscription]));
    if (this.subscriptions.size !== options.subscriptions.length) throw new TypeError('a topic is subscribed to twice: give it one handler');
    this.limits = { ...defaultIntakeLimits, ...options.limits };
    this.metrics = options.metrics ?? noEngineMetrics;
    const { commitEveryMs = 150 } = options;
    this.commits = new CommitLoop({
      clock: options.clock,
      everyMs: commitEveryMs === 'never' ? 0 : commitEveryMs,
      timeoutMs: options.commitTimeoutMs ?? 10_000,
      giveUpMs: options.commitGiveUpMs ?? 120_000,
      collect: () => (commitEveryMs === 'never' ? [] : this.uncommitted()),
      commit: (requests) => this.consumer!.commit(requests),
      committed: (requests) => {
        for (const request of requests) if (request.generation === this.generation) this.intakes.get(nameOf(request))?.wasCommitted(request.offset);
        this.metrics.committed(requests.length);
      },
      failed: () => this.metrics.commitFailed(),
      onFatal: (error) => this.fail(error),
    });
  }

  /** Joins the group; resolves once partitions are assigned (also if none). */
  async start(): Promise<void> {
    const { client, groupId, subscriptions, restMs = 0, ephemeral = false } = this.options;
    const topics = subscriptions.map(({ topic, from }) => ({ topic, from }));
    this.consumer = await client.consumer({ groupId, topics, restMs, ephemeral });
    await this.consumer.run({
      onBatch: (batch) => this.onBatch(batch),
      onRebalance: (leaving) => this.onRebalance(leaving),
      onAssigned: (generation, partitions) => this.onAssigned(generation, partitions),
      onCrash: (error) => this.fail(error),
    });
  }

  /** The state of every partition that is ours, for metrics and health. */
  gauges(): PartitionGauges[] {
    return [...this.intakes.values()].map((intake) => intake.gauges());
  }

  /** The next offset of a partition that is not finished; undefined before its first record. */
  position(partition: TopicPartition): bigint | undefined {
    return this.intakes.get(nameOf(partition))?.position;
  }

  /**
   * Stops the intake, lets what was taken in finish within the budget, hands the rest back (its lease is revoked, it
   * stays uncommitted), commits and leaves the group. Takes at most `drainMs` and a second. Never rejects.
   */
  close(options: { readonly drainMs: number }): Promise<void> {
    this.closing ??= this.drain(options.drainMs);
    return this.closing;
  }

  private async drain(drainMs: number): Promise<void> {
    const { clock } = this.options;
    const until = clock.now() + drainMs;
    this.consumer?.pause([...this.intakes.values()]);
    for (const intake of this.intakes.values()) {
      intake.wake();
      intake.handBackDelayed();
    }
    // A sixth of the budget is kept for handlers that end when they are told to, for the commit and for leaving.
    if (!this.stopped) await within(this.quiet(), (drainMs * 5) / 6, clock, 'the drain').catch(() => undefined);
    this.stopped = true;
    for (const intake of this.intakes.values()) intake.revoke();
    await within(this.quiet(), Math.max(0, until - clock.now()) / 2, clock, 'handing back').catch(() => undefined);
    this.commits.stop();
    await within(this.commits.flush(), Math.max(500, until - clock.now()), clock, 'the last commit').catch(() => undefined);
    if (this.consumer) await within(this.consumer.close(), Math.max(500, until - clock.now()), clock, 'leaving the group').catch(() => undefined);
  }

  /** Resolves when no handler runs and none still may. */
  private quiet(): Promise<void> {
    if (this.pending === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.idle = resolve;
    });
  }

  private get pending(): number {
    let pending = 0;
    for (const intake of this.intakes.values()) pending += intake.pending;
    return pending;
  }

  private async onBatch(batch: PartitionBatch): Promise<void> {
    const intake = this.intakes.get(nameOf(batch));
    // A batch of an older generation may stand anywhere behind the committed offset, where reading goes on: taking it
    // would skip what is between. One that comes while stopping stays uncommitted.
    if (!intake || batch.generation !== this.generation || this.closing || this.failed) return;
    await intake.room();
    if (intake.revoked || this.closing || this.failed) return;
    this.metrics.received(batch.topic, intake.take(batch));
    if (intake.full && !intake.paused) {
      intake.paused = true;
      this.consumer!.pause([intake]);
    }
  }

  private onRebalance(leaving?: readonly TopicPartition[]): void {
    this.metrics.rebalanced();
    if (leaving) for (const partition of leaving) this.leave(partition);
    else this.rebalancing = true;
    // The last chance to save what is finished from being handled twice; the client drops it when it comes too late.
    if (this.uncommitted().length > 0) void this.commits.flush();
  }

  private leave(partition: TopicPartition): void {
    const intake = this.intakes.get(nameOf(partition));
    if (intake) intake.leaving = true;
  }

  private onAssigned(generation: number, partitions: readonly TopicPartition[]): void {
    this.generation = generation;
    this.rebalancing = false;
    const ours = new Set(partitions.map(nameOf));
    for (const [name, intake] of this.intakes) {
      if (ours.has(name)) continue;
      intake.revoke();
      this.intakes.delete(name);
    }
    for (const partition of partitions) {
      const kept = this.intakes.get(nameOf(partition));
      if (kept) this.keep(kept);
      else this.intakes.set(nameOf(partition), this.intakeOf(partition));
    }
    const paused = [...this.intakes.values()].filter((intake) => intake.paused || this.closing !== undefined);
    if (paused.length > 0) this.consumer?.pause(paused);
    for (const intake of this.intakes.values()) intake.resume();
    if (this.uncommitted().length > 0) this.commits.nudge();
  }

  private keep(intake: PartitionIntake): void {
    intake.leaving = false;
    intake.doubtCommit();
  }

  private intakeOf({ topic, partition }: TopicPartition): PartitionIntake {
    const subscription = this.subscriptions.get(topic);
    if (!subscription) throw new TypeError(`partition ${topic}/${partition} was assigned but is not subscribed to`);
    const work = this.workOf(subscription);
    return new PartitionIntake(topic, partition, work, this.limits, {
      clock: this.options.clock,
      mayStart: () => !this.rebalancing && !this.stopped,
      settled: (intake, moved) => this.onSettled(intake, moved),
    });
  }

  private workOf({ topic, order, notBefore, handle }: Subscription): IntakeWork {
    if ('batch' in handle) return { mode: 'batches', handle: (records, lease) => this.guard(topic, records.length, lease, () => handle.batch(records, lease)) };
    const one = (record: InboundRecord, lease: Lease): Promise<boolean> => this.guard(topic, 1, lease, () => handle.record(record, lease));
    if (order === 'strict') return { mode: 'strict', handle: one };
    return { mode: 'records', handle: one, ...(notBefore && { notBefore }) };
  }

  /** True when it was finished; false when it is to be handled again elsewhere. */
  private async guard(topic: string, records: number, lease: Lease, handle: () => Promise<void>): Promise<boolean> {
    const started = this.options.clock.now();
    try {
      await handle();
    } catch (thrown) {
      if (!lease.signal.aborted) this.fail(new Error(`a handler of ${topic} rejected while it held its lease: ${asError(thrown).message}`, { cause: thrown }));
      return false;
    }
    this.metrics.handled(topic, records, (this.options.clock.now() - started) / 1000);
    return true;
  }

  private onSettled(intake: PartitionIntake, moved: boolean): void {
    if (moved) this.commits.nudge();
    if (intake.paused && intake.roomy && !this.closing && !intake.revoked) {
      intake.paused = false;
      this.consumer!.resume([intake]);
    }
    if (this.idle && this.pending === 0) {
      this.idle();
      this.idle = undefined;
    }
  }

  private uncommitted() {
    const requests = [];
    for (const intake of this.intakes.values()) {
      const request = intake.uncommitted(this.generation);
      if (request) requests.push(request);
    }
    return requests;
  }

  private fail(error: Error): void {
    if (this.failed) return;
    this.failed = true;
    this.stopped = true;
    this.options.onFatal(error);
  }
}

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;
