// SPDX-License-Identifier: Apache-2.0
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { backoffMs, pause, within } from '../bounded.js';
import type { Clock, Random } from '../clock.js';
import { TimedOutError, asError } from '../errors.js';
import { type KafkaClient, type OutboundRecord, type Producer, ProducerError } from '../port.js';
import { sendAttributes } from '../semantic-conventions.js';
import { tracer } from '../tracing.js';

export interface SenderOptions {
  readonly client: KafkaClient;
  readonly clock: Clock;
  readonly random: Random;
  /** Milliseconds that one send may take before the connection is made anew. */
  readonly timeoutMs: number;
  readonly onResend: () => void;
}

/**
 * Gets one chunk acknowledged, or finds out that it cannot be.
 *
 * Invariant: one send at a time, and a chunk that was tried is tried again with the identical bytes, because it may have
 * been written although no acknowledgement came.
 */
export class Sender {
  private producer: Producer | undefined;

  constructor(private readonly options: SenderOptions) {}

  /**
   * Resolves when Kafka acknowledged the records. Retryable errors are tried again for as long as `signal` lets it; a topic
   * that is not known for a minute, since brokers that just came back may not know it yet; any other refusal gets a new
   * producer and one more try.
   * @param usable asked before every try; throws when the records may not be sent any more
   * @throws what the last try failed with, when it is given up
   */
  async deliver(records: readonly OutboundRecord[], bytes: number, usable: () => void, signal: AbortSignal): Promise<void> {
    const span = tracer().startSpan('send', { kind: SpanKind.PRODUCER, attributes: sendAttributes(records.length, bytes) });
    try {
      await this.attempts(records, usable, signal);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: asError(error).message });
      throw error;
    } finally {
      span.end();
    }
  }

  async close(limitMs: number): Promise<void> {
    const { producer } = this;
    this.producer = undefined;
    if (producer) await within(producer.close(), limitMs, this.options.clock, 'closing the producer').catch(() => undefined);
  }

  private async attempts(records: readonly OutboundRecord[], usable: () => void, signal: AbortSignal): Promise<void> {
    const { client, clock, random, timeoutMs, onResend } = this.options;
    let refusals = 0;
    let unknownSince: number | undefined;
    for (let attempt = 1; ; attempt++) {
      usable();
      try {
        this.producer ??= await within(client.producer(), timeoutMs, clock, 'connecting the producer');
        await within(this.producer.send(records), timeoutMs, clock, 'the send');
        return;
      } catch (thrown) {
        const error = asError(thrown);
        if (signal.aborted) throw error;
        // Connecting that fails is no refusal of these records: only a send can be refused.
        const unknownTopic = error instanceof ProducerError && error.code === 'UNKNOWN_TOPIC_OR_PARTITION';
        if (unknownTopic) unknownSince ??= clock.now();
        const waits = error instanceof TimedOutError || (error instanceof ProducerError && error.retryable) || (unknownTopic && clock.now() - unknownSince! < unknownTopicMs);
        const refused = this.producer !== undefined && !waits;
        if (refused && ++refusals > 1) throw error;
        if (refused || error instanceof TimedOutError) await this.close(timeoutMs);
        onResend();
        if (!refused) await pause(backoffMs(attempt, 100, 5000, random), clock, signal);
        if (signal.aborted) throw error;
      }
    }
  }
}

/** Milliseconds for which a topic that existed when the process started may be unknown. */
const unknownTopicMs = 60_000;
