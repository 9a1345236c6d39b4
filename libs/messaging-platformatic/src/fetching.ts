// SPDX-License-Identifier: Apache-2.0
//
// Reads the partitions that are ours.
//
// Invariants:
// - At most one fetch per broker is under way, and at most one batch of a partition is being handed over; a partition
//   is fetched only when its last batch was taken in and it is not paused.
// - A position moves only when a batch was taken in. What a fetch brings for a partition that left meanwhile, or that
//   left and came back, is dropped.
import { setImmediate } from 'node:timers/promises';
import { type InboundRecord, pause, systemClock, type TopicPartition } from '@nervus/messaging';
import { KafkaClientError, type KafkaLog, nameOf } from '@nervus/messaging/adapter';
import { fetchV17, protocolErrorsCodesById } from '@platformatic/kafka';
import { Alarm } from './alarm.js';
import { backoff } from './backoff.js';
import type { Cluster } from './cluster.js';
import { causeOf, clientError } from './errors.js';
import { offsetsAt } from './offsets.js';
import { decoded } from './records.js';

/** A re-published full fetch must fit into one send. */
const maxBytesPerPartition = 256 * 1024;
const maxBytes = 8 * 1024 * 1024;
/** Costs no latency, since a fetch returns when data is there. */
const longWaitMs = 1_000;
/** Milliseconds a fetch may wait while partitions are left out of it that may come back any moment, or others may still come. */
const shortWaitMs = 25;
/** Milliseconds after the last pause, resume, hand-over or arrival for which that holds: one paused for long costs no polling. */
const livelyForMs = 5_000;
const readUncommitted = 0;

export interface FetchingOptions {
  readonly groupId: string;
  /** Milliseconds to rest after a fetch that brought something. */
  readonly restMs: number;
  readonly log: KafkaLog;
}

export interface FetchingHandlers {
  /** Resolves when the records were taken in. Never rejects. */
  hand(partition: TopicPartition, records: readonly InboundRecord[], highWatermark: bigint): Promise<void>;
  failed(error: KafkaClientError): void;
}

/** One partition while it is ours. */
interface Reading extends TopicPartition {
  position: bigint;
  /** A batch of it is being handed over. */
  busy: boolean;
  /** Where it is read; undefined until that is found out, and again when that turns out to be wrong. */
  source: { readonly node: number; readonly topicId: string } | undefined;
}

export class Fetching {
  readonly #readings = new Map<string, Reading>();
  readonly #paused = new Set<string>();
  /** The broker whose loop runs, with what wakes it. */
  readonly #loops = new Map<number, Alarm>();
  readonly #stop = new AbortController();
  #locating = false;
  #failures = 0;
  /** By the steady clock, in milliseconds. */
  #changedAt = -Infinity;
  #arrivedAt = -Infinity;

  constructor(
    private readonly cluster: Cluster,
    private readonly options: FetchingOptions,
    private readonly handlers: FetchingHandlers,
  ) {}

  begin({ topic, partition }: TopicPartition, position: bigint): void {
    this.#readings.set(nameOf({ topic, partition }), { topic, partition, position, busy: false, source: undefined });
    this.#arrivedAt = performance.now();
    void this.#locate();
  }

  end(partition: TopicPartition): void {
    this.#readings.delete(nameOf(partition));
    this.#paused.delete(nameOf(partition));
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#paused.add(nameOf(partition));
    this.#changedAt = performance.now();
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#paused.delete(nameOf(partition));
    this.#wake();
  }

  stop(): void {
    this.#stop.abort();
    this.#wake();
  }

  get #stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  #wake(): void {
    this.#changedAt = performance.now();
    for (const alarm of this.#loops.values()) alarm.ring();
  }

  /** Finds the brokers of partitions that have none, and sees to it that each is read from. Never rejects. */
  async #locate(): Promise<void> {
    if (this.#locating) return;
    this.#locating = true;
    // What begins in one turn is asked for together.
    await Promise.resolve();
    while (!this.#stopped) {
      const lost = [...this.#readings.values()].filter(({ source }) => source === undefined);
      if (lost.length === 0) break;
      if (this.#failures > 0) await backoff(this.#failures, 100, 1_000, this.#stop.signal);
      await this.#find(lost).catch((error: unknown) => this.#onFailure(lost, error));
    }
    this.#locating = false;
  }

  async #find(lost: readonly Reading[]): Promise<void> {
    const topics = await this.cluster.topics(lost.map(({ topic }) => topic));
    for (const reading of lost) {
      const info = topics.get(reading.topic);
      const node = info?.leaders[reading.partition] ?? -1;
      if (info && node >= 0) reading.source = { node, topicId: info.id };
      else this.cluster.forget(reading.topic);
    }
    if (lost.some(({ source }) => source === undefined)) this.#failures++;
    this.#changedAt = performance.now();
    for (const node of new Set(lost.flatMap(({ source }) => source?.node ?? []))) {
      const alarm = this.#loops.get(node);
      if (alarm) alarm.ring();
      else void this.#run(node);
    }
  }

  /** Fetches from one broker for as long as it leads partitions of ours. Never rejects. */
  async #run(node: number): Promise<void> {
    const alarm = new Alarm();
    this.#loops.set(node, alarm);
    while (!this.#stopped) {
      const own = [...this.#readings.values()].filter(({ source }) => source?.node === node);
      if (own.length === 0) break;
      const ready = own.filter((reading) => !reading.busy && !this.#paused.has(nameOf(reading)));
      if (ready.length === 0) {
        await alarm.wait();
        continue;
      }
      const isRecent = (at: number): boolean => performance.now() - at < livelyForMs;
      const lively = isRecent(this.#arrivedAt) || (ready.length < own.length && isRecent(this.#changedAt));
      const brought = await this.#fetch(node, ready, lively ? shortWaitMs : longWaitMs);
      // Most batches are taken in at once: then their partitions are in the next fetch.
      if (brought) await (this.options.restMs > 0 ? pause(this.options.restMs, systemClock, this.#stop.signal) : setImmediate());
    }
    this.#loops.delete(node);
    // Partitions may have come to this broker since we looked.
    if (!this.#stopped && [...this.#readings.values()].some(({ source }) => source?.node === node)) void this.#run(node);
  }

  /** Returns whether it brought records. Never rejects. */
  async #fetch(node: number, ready: readonly Reading[], waitMs: number): Promise<boolean> {
    let answer: fetchV17.FetchResponse;
    try {
      answer = await this.#ask(node, ready, waitMs);
    } catch (error) {
      this.#onFailure(ready, error);
      return false;
    }
    const asked = new Map(ready.map((reading) => [`${reading.source?.topicId}/${reading.partition}`, reading]));
    let brought = false;
    for (const { topicId, partitions } of answer.responses) {
      for (const part of partitions) {
        const reading = asked.get(`${topicId}/${part.partitionIndex}`);
        if (!reading || this.#stopped || this.#readings.get(nameOf(reading)) !== reading) continue;
        if (part.errorCode !== 0) this.#onRefusal(reading, protocolErrorsCodesById[part.errorCode] ?? String(part.errorCode));
        // Paused while the fetch was under way: it is fetched again when it is resumed.
        else if (!this.#paused.has(nameOf(reading)) && this.#take(reading, part)) brought = true;
      }
    }
    return brought;
  }

  async #ask(node: number, ready: readonly Reading[], waitMs: number): Promise<fetchV17.FetchResponse> {
    const topics = [...Map.groupBy(ready, ({ source }) => source!.topicId)].map(([topicId, own]) => ({
      topicId,
      partitions: own.map(({ partition, position }) => ({ partition, currentLeaderEpoch: -1, fetchOffset: position, lastFetchedEpoch: -1, partitionMaxBytes: maxBytesPerPartition })),
    }));
    try {
      return await this.cluster.call({ node }, fetchV17.api, waitMs, 1, maxBytes, readUncommitted, 0, -1, topics, [], '');
    } catch (error) {
      // One partition that is refused makes the library reject the answer about all of them; it is in the error.
      const { response } = error as { response?: fetchV17.FetchResponse };
      if (response && response.errorCode === 0) return response;
      throw error;
    }
  }

  #take(reading: Reading, part: fetchV17.FetchResponsePartition): boolean {
    this.#failures = 0;
    const { records, next } = decoded(reading.topic, reading.partition, reading.position, part.records ?? []);
    if (records.length === 0) {
      reading.position = next;
      return false;
    }
    void this.#hand(reading, records, next, part.highWatermark);
    return true;
  }

  async #hand(reading: Reading, records: readonly InboundRecord[], next: bigint, highWatermark: bigint): Promise<void> {
    reading.busy = true;
    await this.handlers.hand(reading, records, highWatermark);
    reading.position = next;
    reading.busy = false;
    this.#wake();
  }

  #onRefusal(reading: Reading, type: string): void {
    if (type === 'OFFSET_OUT_OF_RANGE') {
      reading.busy = true;
      void this.#reposition(reading);
      return;
    }
    if (type === 'TOPIC_AUTHORIZATION_FAILED') {
      this.handlers.failed(new KafkaClientError('topic_not_authorised', `reading ${reading.topic}: this client is not authorised for the topic`, false, { topic: reading.topic }));
      return;
    }
    this.options.log('info', 'a partition is not where it was read', { partition: nameOf(reading), reason: type });
    this.#lose([reading]);
  }

  #onFailure(readings: readonly Reading[], error: unknown): void {
    if (this.#stopped) return;
    const cause = causeOf(error);
    if (!cause.transient) {
      this.handlers.failed(clientError(error, `reading for group ${this.options.groupId}`, { groupId: this.options.groupId }));
    }
    this.options.log('warn', 'a fetch failed; it is tried again', { groupId: this.options.groupId, reason: cause.message });
    this.#lose(readings);
  }

  /** Their brokers must be found again. */
  #lose(readings: readonly Reading[]): void {
    this.#failures++;
    for (const reading of readings) {
      reading.source = undefined;
      this.cluster.forget(reading.topic);
    }
    void this.#locate();
  }

  /** The records that we would read are gone, by retention or with a broker that lost them: on where the log is nearest. */
  async #reposition(reading: Reading): Promise<void> {
    try {
      const [first] = await offsetsAt(this.cluster, 'beginning', [reading]);
      const [last] = await offsetsAt(this.cluster, 'end', [reading]);
      if (!first || !last) return;
      const position = reading.position < first.offset ? first.offset : last.offset;
      this.options.log('error', 'records that were not read are gone: reading goes on where the log begins or ends', { partition: nameOf(reading), from: String(reading.position), to: String(position) });
      reading.position = position;
    } catch (error) {
      this.options.log('warn', 'the ends of a partition could not be asked for; it is tried again', { partition: nameOf(reading), reason: causeOf(error).message });
    } finally {
      reading.busy = false;
      this.#wake();
    }
  }
}
