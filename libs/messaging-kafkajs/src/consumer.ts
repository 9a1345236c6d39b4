// SPDX-License-Identifier: Apache-2.0
//
// Invariants:
// - Nothing of ours throws into kafkajs but a lost lease: it would retry five times and then begin again at the
//   committed offset, for ever.
// - A batch counts as taken (its offset is resolved) when `onBatch` has resolved in the generation it was fetched in;
//   before that kafkajs fetches it again.
// - A commit is sent under the generation its records were received in, or not at all: it goes through the batch's own
//   `commitOffsetsIfNecessary`, which neither retries nor waits for a rejoin, as `consumer.commitOffsets` would.
import type { CommitRequest, Consumer, ConsumerHandlers, ConsumerOptions, TopicPartition } from '@nervus/messaging';
import { KafkaClientError, type KafkaLog, Membership, nameOf, type StartPositions } from '@nervus/messaging/adapter';
import type { ConsumerCrashEvent, ConsumerGroupJoinEvent, Consumer as KafkaJsClientConsumer, EachBatchPayload, Kafka } from 'kafkajs';
import { clientError, saysLeaseIsLost } from './errors.js';
import { restBetweenFetches } from './fetch-rest.js';
import { inboundRecord } from './records.js';

const sessionTimeout = 10_000;
const heartbeatInterval = 1_000;
/** Milliseconds for which a group without a coordinator is taken as a broker that is coming back. */
const coordinatorMayBeAway = 60_000;

/** What {@link KafkaJsConsumer} was told about its topics before it joins. */
export interface Beginning {
  /** Partitions of all its topics together: as many batches may wait for room side by side. */
  readonly partitions: number;
  readonly positions: StartPositions;
}

export class KafkaJsConsumer implements Consumer {
  readonly #client: KafkaJsClientConsumer;
  readonly #membership = new Membership();
  readonly #paused = new Map<string, TopicPartition>();
  /** The batch of each partition that is being handed over. */
  readonly #handing = new Map<string, Promise<void>>();
  #handlers: ConsumerHandlers | undefined;
  #commit: EachBatchPayload['commitOffsetsIfNecessary'] | undefined;
  /** Batches that wait for room; a set and not a shared promise, which would keep every wait in memory. */
  readonly #waits = new Set<PromiseWithResolvers<void>>();
  /** Who we were to the group when we last joined it. */
  #memberId: string | undefined;
  #lookingSince: number | undefined;
  #rejectRun: ((error: Error) => void) | undefined;
  /** The process is stopping, or the consumer died: no batch is handed over any more. */
  #ended = false;

  constructor(
    kafka: Kafka,
    private readonly options: ConsumerOptions,
    private readonly beginning: Beginning,
    private readonly log: KafkaLog,
  ) {
    restBetweenFetches(options.groupId, options.restMs ?? 0);
    this.#client = kafka.consumer({
      groupId: options.groupId,
      sessionTimeout,
      heartbeatInterval,
      rebalanceTimeout: 20_000,
      // It never splits a send; a re-published full fetch must fit into one.
      maxBytesPerPartition: 256 * 1024,
      minBytes: 1,
      // Costs no latency, since with minBytes 1 a fetch returns when data is there.
      maxWaitTimeInMs: 1_000,
      allowAutoTopicCreation: false,
      retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 1_000, restartOnFailure: () => Promise.resolve(!this.#ended) },
    });
  }

  async run(handlers: ConsumerHandlers): Promise<void> {
    if (this.#handlers) throw new KafkaClientError('already_running', `the consumer of group ${this.options.groupId} runs already: make another one`, false);
    this.#handlers = handlers;
    const { events } = this.#client;
    const joined = Promise.withResolvers<void>();
    joined.promise.catch(() => {});
    this.#rejectRun = joined.reject;
    this.#client.on(events.GROUP_JOIN, (event) => {
      this.#guard(() => this.#onJoin(event));
      joined.resolve();
    });
    this.#client.on(events.REBALANCING, () => this.#onLost(new Error('the group is rebalancing')));
    this.#client.on(events.CRASH, (event) => this.#onCrash(event));
    try {
      await this.#client.connect();
      for (const { topic, from } of this.options.topics) await this.#client.subscribe({ topic, fromBeginning: from === 'beginning' });
      await this.#begin();
      await joined.promise;
    } catch (error) {
      await this.#client.disconnect().catch(() => {});
      throw clientError(error, `joining group ${this.options.groupId}`, { groupId: this.options.groupId });
    }
  }

  async commit(requests: readonly CommitRequest[]): Promise<void> {
    const current = this.#membership.committable(requests);
    if (current.length === 0 || this.#ended) return;
    const topics = [...Map.groupBy(current, ({ topic }) => topic)].map(([topic, own]) => ({
      topic,
      partitions: own.map(({ partition, offset }) => ({ partition, offset: offset.toString() })),
    }));
    try {
      if (this.#commit) await this.#commit({ topics });
      else await this.#client.commitOffsets(current.map(({ topic, partition, offset }) => ({ topic, partition, offset: offset.toString() })));
      for (const request of current) this.beginning.positions.committed(request);
    } catch (error) {
      // The records are finished but will be read again, by whoever has the partition now; they are recognised then.
      if (saysLeaseIsLost(error)) return this.log('info', 'a commit came after its generation had ended', { groupId: this.options.groupId });
      throw clientError(error, `committing offsets of group ${this.options.groupId}`, { groupId: this.options.groupId });
    }
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#paused.set(nameOf(partition), partition);
    if (this.#membership.stable) this.#client.pause(grouped(partitions));
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#paused.delete(nameOf(partition));
    if (this.#membership.stable) this.#client.resume(grouped(partitions));
  }

  async close(): Promise<void> {
    this.#end();
    this.#rejectRun?.(new KafkaClientError('closed', `the consumer of group ${this.options.groupId} was closed before it had joined`, false));
    await this.#client.disconnect();
  }

  #begin(): Promise<void> {
    return this.#client.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: Math.max(1, this.beginning.partitions),
      eachBatch: (payload) => this.#onFetched(payload),
    });
  }

  async #onFetched(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const { generation, stable } = this.#membership;
    const name = nameOf(batch);
    const last = batch.messages.at(-1);
    if (!stable || !last || this.#ended) return;
    this.#commit = (offsets) => payload.commitOffsetsIfNecessary(offsets);
    // Still there only if its waiting was cut short without a rejoin: never two batches of one partition at a time.
    await this.#whileAlive(this.#handing.get(name), payload);
    if (this.#ended || generation !== this.#membership.generation) return;
    const handed = this.#hand(payload, generation);
    this.#handing.set(name, handed);
    await this.#whileAlive(handed, payload);
    if (this.#ended || generation !== this.#membership.generation) return;
    payload.resolveOffset(last.offset);
    this.beginning.positions.taken(batch, BigInt(last.offset) + 1n);
  }

  async #hand({ batch }: EachBatchPayload, generation: number): Promise<void> {
    const { topic, partition } = batch;
    const records = batch.messages.map((message) => inboundRecord(topic, partition, message));
    try {
      await this.#handlers?.onBatch({ topic, partition, records, generation, highWatermark: BigInt(batch.highWatermark) });
    } catch (error) {
      this.#die(new KafkaClientError('intake_failed', `taking records of ${topic} in rejected, which it never may: ${String(error)}`, false, { topic, partition }, { cause: error }));
    } finally {
      if (generation === this.#membership.generation) this.#handing.delete(nameOf(batch));
    }
  }

  /** Waits with heartbeats. @throws what the broker said when the lease is lost, so that the runner rejoins */
  async #whileAlive(work: Promise<void> | undefined, payload: EachBatchPayload): Promise<void> {
    if (!work) return;
    const wait = Promise.withResolvers<void>();
    work.then(wait.resolve, wait.reject);
    this.#waits.add(wait);
    const timer = setInterval(() => {
      payload.heartbeat().catch((error: Error) => {
        if (saysLeaseIsLost(error)) this.#onLost(error);
        wait.reject(error);
      });
    }, heartbeatInterval);
    try {
      await wait.promise;
    } finally {
      clearInterval(timer);
      this.#waits.delete(wait);
    }
  }

  #onJoin({ payload }: ConsumerGroupJoinEvent): void {
    const partitions = Object.entries(payload.memberAssignment).flatMap(([topic, own]) => own.map((partition) => ({ topic, partition })));
    const held = new Set(this.#membership.assigned.keys());
    const countedOut = this.#memberId !== undefined && this.#memberId !== payload.memberId;
    this.#memberId = payload.memberId;
    if (countedOut) this.#loseAll();
    this.#membership.join(partitions);
    const kept = new Set(partitions.filter((partition) => held.has(nameOf(partition)) && (!countedOut || this.#staysOurs(partition))).map(nameOf));
    const { generation } = this.#membership;
    this.#handing.clear();
    this.#lookingSince = undefined;
    for (const { topic, partition, offset } of this.beginning.positions.after(partitions, kept)) this.#client.seek({ topic, partition, offset: offset.toString() });
    for (const name of this.#paused.keys()) if (!this.#membership.assigned.has(name)) this.#paused.delete(name);
    // A consumer that kafkajs began anew has forgotten what was paused, and one that rejoined has not.
    const running = partitions.filter((partition) => !this.#paused.has(nameOf(partition)));
    if (running.length > 0) this.#client.resume(grouped(running));
    if (this.#paused.size > 0) this.#client.pause(grouped([...this.#paused.values()]));
    this.log('info', 'joined the group', { groupId: this.options.groupId, generation, partitions: partitions.length });
    this.#handlers?.onAssigned(generation, partitions);
  }

  /** As a new member we hold nothing of before: others may have worked on it meanwhile. kafkajs itself says nothing. */
  #loseAll(): void {
    this.#onLost(new Error('the group had counted this member out'));
    this.#membership.join([]);
    this.#handlers?.onAssigned(this.#membership.generation, []);
  }

  /**
   * Whether reading goes on where it stopped although others may have had the partition: nobody else is in a group of
   * our own, and of what is read from the end nothing must be skipped. Else the committed offset says where.
   */
  #staysOurs({ topic }: TopicPartition): boolean {
    return this.options.ephemeral === true || this.options.topics.some((subscribed) => subscribed.topic === topic && subscribed.from === 'end');
  }

  #onLost(reason: Error): void {
    if (!this.#membership.lose()) return;
    for (const wait of this.#waits) wait.reject(reason);
    this.#guard(() => this.#handlers?.onRebalance());
  }

  #onCrash({ payload }: ConsumerCrashEvent): void {
    this.#commit = undefined;
    this.#onLost(payload.error);
    if (payload.restart || this.#ended) return;
    if (this.#looksForCoordinator(payload.error)) {
      setTimeout(() => {
        if (!this.#ended) this.#begin().catch((error: unknown) => this.#giveUp(error));
      }, 1_000);
      return;
    }
    this.#giveUp(payload.error);
  }

  /**
   * kafkajs says "no coordinator" of any failure to ask for it, and gives up. That the group is authorised was seen
   * before it joined, so at first it is a broker that restarts.
   */
  #looksForCoordinator({ name }: Error): boolean {
    if (name !== 'KafkaJSGroupCoordinatorNotFound') return false;
    this.#lookingSince ??= performance.now();
    return performance.now() - this.#lookingSince < coordinatorMayBeAway;
  }

  #giveUp(reason: unknown): void {
    const error = clientError(reason, `the consumer of group ${this.options.groupId} ended and will not begin again`, { groupId: this.options.groupId });
    if (this.#membership.generation === 0) this.#rejectRun?.(error);
    else this.#die(error);
  }

  #die(reason: Error): void {
    if (this.#ended) return;
    this.#end();
    this.#handlers?.onCrash(reason);
    // Others may have the partitions at once; the process is about to end.
    this.#client.disconnect().catch((failure: unknown) => this.log('warn', 'leaving the group failed', { groupId: this.options.groupId, failure: String(failure) }));
  }

  #end(): void {
    this.#ended = true;
    for (const wait of this.#waits) wait.resolve();
  }

  /** Runs what kafkajs calls us for; a mistake in it must end the process, not disappear in its event emitter. */
  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#die(new KafkaClientError('handler_failed', `a handler of group ${this.options.groupId} threw: ${String(error)}`, false, {}, { cause: error }));
    }
  }
}

const grouped = (partitions: readonly TopicPartition[]): { topic: string; partitions: number[] }[] =>
  [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, own]) => ({ topic, partitions: own.map(({ partition }) => partition) }));
