// SPDX-License-Identifier: Apache-2.0
import { type ServiceName, findTopic, retryStepOf, retrySteps } from '@nervus/contracts';
import type { RecordVerifier } from '@nervus/trust';
import { type Clock, type Random, systemRandom } from './clock.js';
import type { RecordHandler } from './engine/engine.js';
import type { Lease } from './engine/lease.js';
import type { Received, Tombstone } from './event.js';
import { type DeathReason, deadLetter, parseDeathReason } from './middleware/dead-letter.js';
import { decode } from './middleware/decode.js';
import { type PipelineObserver, noPipelineObserver } from './middleware/observer.js';
import { type Quarantine, quarantine } from './middleware/quarantine.js';
import { retry } from './middleware/retry.js';
import { retryLater } from './middleware/retry-later.js';
import { type Believed, type Delivery, type Step, compose } from './middleware/step.js';
import { timeout } from './middleware/timeout.js';
import { trace } from './middleware/trace.js';
import { verifySignature } from './middleware/verify-signature.js';
import type { KeyParking } from './parking.js';
import type { InboundRecord, OutboundRecord } from './port.js';
import type { Publisher } from './publisher/publisher.js';

/** What a handler may want to know besides the event. */
export interface HandlerContext {
  /** Aborted when the attempt has run out of time or the partition is gone; then end soon. */
  readonly signal: AbortSignal;
  /** 1 at the first call of this process. */
  readonly attempt: number;
}

/**
 * Handles one event. Resolving finishes the record; throw PermanentError for what can never succeed (dead letter),
 * UnavailableError for an outage (held), anything else is tried again for a bounded time.
 */
export type EventHandler = (event: Received<unknown>, context: HandlerContext) => Promise<void>;

/** A copy in a dead-letter topic, proved to be of its original's producer; its reason is the word of who gave it up. */
export interface DeadLetter {
  readonly record: InboundRecord;
  readonly verification: Believed;
  readonly reason: DeathReason | undefined;
}

export interface PipelineOptions {
  readonly service: ServiceName;
  readonly topicPrefix: string;
  readonly groupId: string;
  readonly clock: Clock;
  readonly random?: Random;
  readonly verifier: Pick<RecordVerifier, 'verify'>;
  /** Resolves when the table of workload keys has been read to its end of now (`Tables.catchUp`). */
  readonly catchUp: () => Promise<void>;
  readonly publisher: Pick<Publisher, 'sendRaw'>;
  readonly quarantine: Pick<Quarantine, 'report'>;
  readonly parking: KeyParking;
  /** By CloudEvents type. Records of declared types without a handler are finished. */
  readonly handlers: ReadonlyMap<string, EventHandler>;
  /** By CloudEvents type: what to do when the entity under a key is gone. Without one, the tombstone is finished. */
  readonly tombstones?: ReadonlyMap<string, (event: Tombstone, context: HandlerContext) => Promise<void>>;
  /** Takes records of dead-letter topics, where this service subscribes to any. They never reach `handlers`. */
  readonly deadLetters?: (letter: DeadLetter, context: HandlerContext) => Promise<void>;
  readonly observer?: PipelineObserver;
  /** Milliseconds that one call of a handler may take. @default 30000 */
  readonly handlerMs?: number;
  /** Milliseconds from its first failure for which a record is tried again in place, before it goes to a retry topic. @default 60000 */
  readonly retryMs?: number;
  /** The same for a record that comes from a retry topic. @default 10000 */
  readonly retryAgainMs?: number;
  /** Milliseconds that a record of an unknown key waits for the table of workload keys. @default 30000 */
  readonly unknownKeyMs?: number;
}

/**
 * Everything between a record and its handler, in this order: retry later ( quarantine ( dead letter ( verify ( decode (
 * trace ( retry ( timeout ( handler )))))))). The result never rejects except when the lease is revoked.
 */
export function createPipeline(options: PipelineOptions): RecordHandler {
  const { service, topicPrefix, groupId, clock, random = systemRandom, observer = noPipelineObserver, handlers, tombstones, handlerMs = 30_000, retryMs = 60_000, retryAgainMs = 10_000 } = options;
  const declarationOf = (topic: string) => findTopic(topic.slice(topicPrefix.length));
  const stepOf = (topic: string): number | undefined => {
    const declaration = declarationOf(topic);
    return declaration && retryStepOf(declaration);
  };
  const sendRaw = (records: readonly OutboundRecord[]): Promise<void> => options.publisher.sendRaw(records);
  const refusal = quarantine(options.quarantine);
  const signature = verifySignature({ verifier: options.verifier, catchUp: options.catchUp, clock, random, ...(options.unknownKeyMs === undefined ? {} : { waitMs: options.unknownKeyMs }) });
  const bounded = timeout(handlerMs, clock);
  const again = (holds: (topic: string) => boolean) => retry({ clock, random, observer, holds, maxMs: (topic) => (stepOf(topic) === undefined ? retryMs : retryAgainMs) });

  const records = compose(
    [
      retryLater({ service, topicPrefix, clock, parking: options.parking, observer, sendRaw }),
      refusal,
      deadLetter({ service, topicPrefix, groupId, clock, observer, triedLater: ({ topic }) => stepOf(topic) !== retrySteps.length - 1, sendRaw }),
      signature,
      decode((type) => handlers.has(type) || (tombstones?.has(type) ?? false)),
      trace(groupId),
      again((topic) => declarationOf(topic)?.order === 'strict'),
      bounded,
    ],
    handle(handlers, tombstones),
  );
  // A dead letter that cannot be handled is not copied again: it would go round for ever.
  const letters = compose([refusal, signature, again(() => true), bounded], handleLetters(options.deadLetters));
  const isLetter = (topic: string): boolean => (declarationOf(topic)?.copies ?? false) && stepOf(topic) === undefined;

  return (record: InboundRecord, lease: Lease) => (isLetter(record.topic) ? letters : records)({ record, lease, attempts: 0 });
}

const handle =
  (handlers: PipelineOptions['handlers'], tombstones: PipelineOptions['tombstones']): Step =>
  async (delivery) => {
    const { received } = delivery;
    if (!received) return;
    if (received.data === null) await tombstones?.get(received.type)?.(received as Tombstone, contextOf(delivery));
    else await handlers.get(received.type)?.(received, contextOf(delivery));
  };

const handleLetters =
  (deadLetters: PipelineOptions['deadLetters']): Step =>
  async (delivery) => {
    if (!deadLetters || !delivery.verification) return;
    const { record, verification } = delivery;
    await deadLetters({ record, verification, reason: parseDeathReason(record) }, contextOf(delivery));
  };

const contextOf = (delivery: Delivery): HandlerContext => ({
  get signal() {
    return delivery.attemptSignal?.() ?? delivery.lease.signal;
  },
  attempt: delivery.attempts,
});
