// SPDX-License-Identifier: Apache-2.0
//
// Invariant: numbers are given in the order of sending, one send at a time, and a chunk once numbered is sent with the
// identical bytes until Kafka acknowledges it or the process ends. So every epoch is dense from 0, and only its last
// chunk can be in doubt.
import { headerNames } from '@nervus/contracts';
import { formatSequence, leafOf, signBatch } from '@nervus/trust';
import { backoffMs, pause, within } from '../bounded.js';
import { type Clock, type Random, systemRandom } from '../clock.js';
import { UnavailableError, asError } from '../errors.js';
import type { OutgoingEvent, PublishReceipt } from '../event.js';
import type { KafkaClient, OutboundRecord } from '../port.js';
import type { EventSink } from '../store.js';
import { EpochNumbers } from './epoch-numbers.js';
import { EventRecords } from './event-record.js';
import { type PublisherMetrics, noPublisherMetrics } from './publisher-metrics.js';
import { PublishCall, type Queued, SendQueue, type SigningKey } from './send-queue.js';
import { Sender } from './sender.js';

export interface PublisherOptions {
  readonly client: KafkaClient;
  readonly topicPrefix: string;
  /** `ce_source` of every event. */
  readonly spiffeId: string;
  /** Two UUIDv7 of this process: for the topics that audit logs, and for the others. */
  readonly epochs: { readonly audited: string; readonly unaudited: string };
  /** The key in force, asked for every send; undefined while there is none, then records wait. */
  readonly currentKey: () => SigningKey | undefined;
  readonly clock: Clock;
  /** Called once, when a numbered record can neither be sent nor be given up: only the end of the process is honest. */
  readonly onFatal: (error: Error) => void;
  readonly random?: Random;
  readonly metrics?: PublisherMetrics;
  /** Bytes of one send, about. @default 400000 */
  readonly maxChunkBytes?: number;
  /** Records of one send. @default 1000 */
  readonly maxChunkRecords?: number;
  /** Milliseconds that one try of a send may take. @default 60000 */
  readonly sendTimeoutMs?: number;
}

/** Numbers, signs and sends what the services say, in order. */
export class Publisher implements EventSink {
  private readonly records: EventRecords;
  private readonly audited: EpochNumbers;
  private readonly unaudited: EpochNumbers;
  private readonly queue = new SendQueue();
  private readonly sender: Sender;
  private readonly metrics: PublisherMetrics;
  private readonly stopping = new AbortController();
  private pumping: Promise<void> | undefined;
  private closing: Promise<void> | undefined;
  private failure: Error | undefined;
  private waiting: { readonly below: number; readonly resolve: () => void }[] = [];

  constructor(private readonly options: PublisherOptions) {
    this.records = new EventRecords(options.topicPrefix, options.spiffeId);
    this.audited = new EpochNumbers(options.epochs.audited);
    this.unaudited = new EpochNumbers(options.epochs.unaudited);
    this.metrics = options.metrics ?? noPublisherMetrics;
    const { client, clock, random = systemRandom, sendTimeoutMs: timeoutMs = 60_000 } = options;
    this.sender = new Sender({ client, clock, random, timeoutMs, onResend: () => this.metrics.resent() });
  }

  /**
   * Publishes events in their order, after everything that was handed over before. Resolves when Kafka acknowledged all.
   * @param key signs these events instead of the key in force: an enrolment is signed by the key that it introduces
   * @throws PermanentError for the first event that can never be published, none of them is numbered then;
   * UnavailableError `publisher_closed` or `publisher_failed`
   */
  async publish(events: readonly OutgoingEvent[], key?: SigningKey): Promise<readonly PublishReceipt[]> {
    this.refuseWhenOver();
    if (events.length === 0) return [];
    const records = events.map((event) => this.records.of(event));
    const call = new PublishCall(events.length);
    const receipts: PublishReceipt[] = [];
    const queuedAt = this.options.clock.now();
    for (const [at, record] of records.entries()) {
      const { id } = events[at]!;
      const numbered = (sealed: OutboundRecord, sequence: string): void => void receipts.push(receiptOf(id, sequence, sealed));
      this.queue.push({ kind: 'event', call, record, key, bytes: record.bytes, queuedAt, numbered });
    }
    this.wake();
    await call.acknowledged;
    return receipts;
  }

  /** Sends records whose bytes are final (copies for a dead-letter topic) through the same ordered way, unnumbered. */
  async sendRaw(records: readonly OutboundRecord[]): Promise<void> {
    this.refuseWhenOver();
    if (records.length === 0) return;
    const call = new PublishCall(records.length);
    const queuedAt = this.options.clock.now();
    for (const record of records) this.queue.push({ kind: 'raw', call, record, bytes: sizeOf(record), queuedAt });
    this.wake();
    await call.acknowledged;
  }

  /** Highest number of an epoch below which, itself included, Kafka acknowledged all; -1 none. */
  ackedThrough(epoch: 'audited' | 'unaudited' = 'audited'): number {
    return this[epoch].ackedThrough;
  }

  /** Records handed over and not acknowledged. */
  get depth(): number {
    return this.queue.depth;
  }

  /** Age in milliseconds of the oldest of them; 0 when there is none. */
  get oldestAgeMs(): number {
    const { oldestAt } = this.queue;
    return oldestAt === undefined ? 0 : Math.max(0, this.options.clock.now() - oldestAt);
  }

  /** Resolves when fewer than `n` records are waiting, and when the publisher ends: callers that can wait, should. */
  whenBelow(n: number): Promise<void> {
    if (this.depth < n || this.failure || this.stopping.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ below: n, resolve }));
  }

  /** Takes nothing more, sends what is queued within the budget and closes the producer. Never rejects. */
  close(options: { readonly drainMs: number }): Promise<void> {
    this.closing ??= this.drain(options.drainMs);
    return this.closing;
  }

  private async drain(drainMs: number): Promise<void> {
    const { clock } = this.options;
    if (this.pumping) await within(this.pumping, drainMs, clock, 'draining the publisher').catch(() => undefined);
    this.stopping.abort();
    this.rejectAll(new UnavailableError('publisher_closed', 'the publisher was closed before Kafka acknowledged this record'));
    await this.sender.close(1000);
  }

  private wake(): void {
    this.pumping ??= this.pump();
  }

  private async pump(): Promise<void> {
    // Everything that is handed over in one turn of the event loop leaves together.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      while (this.queue.depth > 0 && !this.stopping.signal.aborted) await this.sendNext();
    } catch (thrown) {
      if (!this.stopping.signal.aborted) this.fail(asError(thrown));
    }
    // In the same turn as the last look at the queue, or a record handed over in between would wait for ever.
    this.pumping = undefined;
  }

  private async sendNext(): Promise<void> {
    const { clock, maxChunkBytes = 400_000, maxChunkRecords = 1000 } = this.options;
    const items = this.queue.cut(maxChunkBytes, maxChunkRecords);
    const events = items.some((item) => item.kind === 'event');
    const key = events ? await this.keyFor(items) : undefined;
    const records = key ? this.seal(items, key) : items.map((item) => item.record);
    const started = clock.now();
    await this.sender.deliver(records, items.reduce((bytes, item) => bytes + item.bytes, 0), () => this.refuseExpired(key), this.stopping.signal);
    this.audited.acknowledge();
    this.unaudited.acknowledge();
    this.queue.sent();
    this.metrics.sent(records.length, (clock.now() - started) / 1000);
    for (const item of items) item.call.done();
    this.release();
  }

  /** The key of a send; nothing is numbered before there is one. */
  private async keyFor(items: readonly Queued[]): Promise<SigningKey> {
    const { clock, currentKey, random = systemRandom } = this.options;
    const own = items.find((item) => item.kind === 'event' && item.key !== undefined);
    if (own?.kind === 'event' && own.key) return own.key;
    for (let attempt = 1; ; attempt++) {
      const key = currentKey();
      if (key && key.notAfter > clock.now()) return key;
      this.metrics.waitedForKey();
      await pause(backoffMs(attempt, 50, 1000, random), clock, this.stopping.signal);
      if (this.stopping.signal.aborted) throw new UnavailableError('no_signing_key', 'the publisher was closed while it had no key to sign with');
    }
  }

  /** Gives every event its number and the chunk its signature. The records are the publisher's own, and are sealed once. */
  private seal(items: readonly Queued[], key: SigningKey): OutboundRecord[] {
    const numbered: OutboundRecord[] = [];
    for (const item of items) {
      if (item.kind !== 'event') continue;
      const epoch = item.record.audited ? this.audited : this.unaudited;
      item.record.headers[headerNames.sequence] = Buffer.from(formatSequence({ epoch: epoch.epoch, n: epoch.take() }));
      numbered.push(item.record);
    }
    const signatures = signBatch(numbered, key.signer);
    let at = 0;
    return items.map((item) => {
      if (item.kind !== 'event') return item.record;
      const { record } = item;
      Object.assign(record.headers, signatures[at++]);
      item.numbered(record, String(record.headers[headerNames.sequence]));
      return record;
    });
  }

  /** Consumers judge a signature at append time: bytes that can no longer be believed must not be appended. */
  private refuseExpired(key: SigningKey | undefined): void {
    if (key && key.notAfter <= this.options.clock.now()) {
      throw new Error(`the key ${key.signer.kid} expired while Kafka could not be reached, and a numbered record cannot be signed again: the process must end, its successor publishes what is left in the outbox`);
    }
  }

  private refuseWhenOver(): void {
    if (this.failure) throw new UnavailableError('publisher_failed', `the publisher gave up: ${this.failure.message}`, {}, { cause: this.failure });
    if (this.closing) throw new UnavailableError('publisher_closed', 'the publisher is closed: the process is stopping');
  }

  private fail(error: Error): void {
    this.failure = error;
    this.rejectAll(new UnavailableError('publisher_failed', `the publisher gave up: ${error.message}`, {}, { cause: error }));
    this.options.onFatal(error);
  }

  private rejectAll(error: Error): void {
    for (const item of this.queue.drop()) item.call.fail(error);
    this.release();
  }

  private release(): void {
    if (this.waiting.length === 0) return;
    const { depth } = this;
    const ready = this.waiting.filter(({ below }) => depth < below);
    this.waiting = this.waiting.filter(({ below }) => depth >= below);
    for (const { resolve } of ready) resolve();
  }
}

/** The leaf is hashed only when someone asks for it: few do, and it would cost each record a canonical form. */
function receiptOf(id: string, sequence: string, sealed: OutboundRecord): PublishReceipt {
  let leaf: string | undefined;
  return {
    id,
    sequence,
    get leaf() {
      leaf ??= leafOf(sealed);
      return leaf;
    },
  };
}

function sizeOf(record: OutboundRecord): number {
  let bytes = (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const name in record.headers) bytes += name.length + [record.headers[name]!].flat().reduce((sum, value) => sum + value.length, 0);
  return bytes;
}
