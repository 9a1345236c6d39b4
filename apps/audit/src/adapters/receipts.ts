// SPDX-License-Identifier: Apache-2.0
import { BatchReceipted, derivedId, IntentReceipted, type IntentRecorded, type RecordType } from '@nervus/contracts';
import type { NewEvent, OutgoingEvent } from '@nervus/messaging';
import type { Candidate, Origin } from '../domain/candidate.js';

/** Makes and publishes events; the kit's `Events` is one. */
export interface EventPublisher {
  of<R extends RecordType>(type: R, event: NewEvent<R>): OutgoingEvent;
  publish(events: readonly OutgoingEvent[]): Promise<unknown>;
}

/** An entry of an append, as its receipt names it. */
export interface ReceiptLine {
  readonly leaf: string;
  readonly origin: Pick<Origin, 'topic' | 'partition' | 'offset'>;
}

/** An intent whose effect may happen now. */
export interface ReceiptedIntent {
  readonly candidate: Candidate;
  readonly index: number;
}

/** Promises of the log, on Kafka: the order of its entries, and what action waits for. */
export class Receipts {
  constructor(private readonly events: EventPublisher) {}

  /** Resolves when Kafka acknowledged the receipt of an append and those of its intents, in this order. */
  async publish(first: number, lines: readonly ReceiptLine[], intents: readonly ReceiptedIntent[]): Promise<void> {
    const [line] = lines;
    const batch = line
      ? [
          this.events.of(BatchReceipted, {
            key: 'log', id: derivedId('batch-receipt', String(first), String(lines.length), line.leaf),
            data: { first, leaves: lines.map(({ leaf, origin }) => [leaf, origin.topic, origin.partition, String(origin.offset)] as [string, string, number, string]) },
          }),
        ]
      : [];
    const events = [...batch, ...intents.map((intent) => this.intentReceipt(intent))];
    if (events.length > 0) await this.events.publish(events);
  }

  private intentReceipt({ candidate, index }: ReceiptedIntent): OutgoingEvent {
    const { facts, leaf, data } = candidate;
    const { actionId, runId } = data as IntentRecorded;
    return this.events.of(IntentReceipted, {
      key: `${facts.tenant ?? ''}/${runId}`, id: derivedId('intent-receipt', leaf), ...(facts.tenant !== undefined && { tenant: facts.tenant }),
      data: { actionId, runId, index, leaf },
    });
  }
}
