// SPDX-License-Identifier: Apache-2.0
import type { Es256Signer } from '@nervus/trust';
import type { OutboundRecord } from '../port.js';
import type { EventRecord } from './event-record.js';

/** One call of a caller: settled when the last of its records is. */
export class PublishCall {
  private left: number;
  readonly acknowledged: Promise<void>;
  private resolve!: () => void;
  private reject!: (error: Error) => void;

  constructor(records: number) {
    this.left = records;
    this.acknowledged = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** One record of the call was acknowledged. */
  done(): void {
    if (--this.left === 0) this.resolve();
  }

  fail(error: Error): void {
    this.reject(error);
  }
}

/** A record that waits to be sent. */
export type Queued = {
  readonly call: PublishCall;
  readonly bytes: number;
  readonly queuedAt: number;
} & (
  | { readonly kind: 'event'; readonly record: EventRecord; readonly key: SigningKey | undefined; numbered(sealed: OutboundRecord, sequence: string): void }
  /** Final bytes: a copy that keeps its number and signature. */
  | { readonly kind: 'raw'; readonly record: OutboundRecord }
);

/** The key that signs one send. */
export interface SigningKey {
  readonly signer: Es256Signer;
  /** Milliseconds since the epoch, after which no one believes what it signs any more. */
  readonly notAfter: number;
}

/**
 * Records in the order in which they were handed over.
 *
 * Invariant: what is cut stands before everything that is left, and one cut holds records of one signing key only.
 */
export class SendQueue {
  private items: Queued[] = [];
  private head = 0;
  private sending: readonly Queued[] = [];

  /** Records queued or being sent. */
  get depth(): number {
    return this.items.length - this.head + this.sending.length;
  }

  /** When the oldest record that is not acknowledged was handed over. */
  get oldestAt(): number | undefined {
    return this.sending[0]?.queuedAt ?? this.items[this.head]?.queuedAt;
  }

  push(item: Queued): void {
    this.items.push(item);
  }

  /** The next records to send together, at least one if there is one. */
  cut(maxBytes: number, maxRecords: number): readonly Queued[] {
    const from = this.head;
    let key: SigningKey | undefined | 'none yet' = 'none yet';
    let bytes = 0;
    let to = from;
    for (; to < this.items.length && to - from < maxRecords; to++) {
      const item = this.items[to]!;
      bytes += item.bytes + overhead;
      if (to > from && bytes > maxBytes) break;
      if (item.kind !== 'event') continue;
      if (key === 'none yet') ({ key } = item);
      else if (key !== item.key) break;
    }
    const items = this.items.slice(from, to);
    this.head = to;
    if (this.head === this.items.length || this.head > 4096) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    this.sending = items;
    return items;
  }

  /** What was cut is through. */
  sent(): void {
    this.sending = [];
  }

  /** Everything that is not acknowledged, being given up. */
  drop(): readonly Queued[] {
    const dropped = [...this.sending, ...this.items.slice(this.head)];
    this.items = [];
    this.head = 0;
    this.sent();
    return dropped;
  }
}

/** Number, signature, path and Kafka's own framing of one record, about. */
const overhead = 800;
