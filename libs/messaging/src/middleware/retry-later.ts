// SPDX-License-Identifier: Apache-2.0
import { headerNames, ownTopics, physicalName, retrySteps, type ServiceName } from '@nervus/contracts';
import type { Clock } from '../clock.js';
import { LeaseRevokedError, asError, codeOf } from '../errors.js';
import type { KeyParking, ParkedPlace } from '../parking.js';
import type { InboundRecord, OutboundRecord } from '../port.js';
import { copyOf, originOf, untilDone } from './copy.js';
import { type PipelineObserver, problemOf } from './observer.js';
import { ParkedKeys } from './parked-keys.js';
import { type RetryNote, noteHeader, parseRetryNote } from './retry-note.js';
import type { Delivery, Middleware } from './step.js';

export interface RetryLaterOptions {
  readonly service: ServiceName;
  readonly topicPrefix: string;
  readonly clock: Clock;
  readonly parking: KeyParking;
  readonly observer: Pick<PipelineObserver, 'postponed'>;
  /** Resolves when Kafka acknowledged the copies. */
  readonly sendRaw: (records: readonly OutboundRecord[]) => Promise<void>;
}

/**
 * What fails inside goes to the service's next retry topic, byte for byte, and its key is parked: later records of the
 * key follow it there until it is through. The record is finished once Kafka has the copy. Stands outside of what gives
 * records up: what comes out of there as an error has another try to come.
 */
export function retryLater(options: RetryLaterOptions): Middleware {
  const steps = retryTopics(options.service, options.topicPrefix);
  const keys = new ParkedKeys(options.parking, options.clock);
  return (next) => async (delivery) => {
    const { record, lease } = delivery;
    const at = steps.findIndex(({ topic }) => topic === record.topic);
    const place = placeOf(record);
    const note = at < 0 ? undefined : parseRetryNote(record);
    if (note) delivery.before = note;
    // The partition of a retry topic holds keys of many others, and every one of them may be parked.
    const mayBeParked = place !== undefined && (at >= 0 || (await keys.mayBeParked(lease, place)));
    const turn = mayBeParked ? await untilDone(() => options.parking.turnOf(place), lease, options.clock) : 'free';
    if (turn === 'behind') return postpone(delivery, at, { code: 'key_parked', message: 'an earlier record of its key waits to be tried again' });
    if (turn === 'free' && mayBeParked && at < 0) keys.free(lease, place.key);
    try {
      await next(delivery);
    } catch (error) {
      if (error instanceof LeaseRevokedError) throw error;
      if (place) {
        await untilDone(() => options.parking.wait(place), lease, options.clock);
        if (at < 0) keys.parked(lease, place.key);
      }
      return postpone(delivery, at, { code: codeOf(error), message: asError(error).message });
    }
    if (place && turn === 'first') await untilDone(() => options.parking.leave(place), lease, options.clock);
  };

  async function postpone(delivery: Delivery, at: number, because: { readonly code: string; readonly message: string }): Promise<void> {
    const { record, lease, attempts, firstFailureAt, before } = delivery;
    const step = steps[Math.min(at + 1, steps.length - 1)]!;
    const now = options.clock.now();
    const note: RetryNote = { notBefore: now + step.delayMs, code: because.code, attempts: attempts + (before?.attempts ?? 0), firstAt: before?.firstAt ?? new Date(firstFailureAt ?? now).toISOString() };
    await untilDone(() => options.sendRaw([copyOf(record, step.topic, noteHeader(note))]), lease, options.clock);
    options.observer.postponed(problemOf(record, because.code, because.message), step.delayMs);
  }
}

/** The retry topics of a service by their physical names, in the order in which a record goes through them. */
export const retryTopics = (service: ServiceName, topicPrefix: string): readonly { readonly topic: string; readonly delayMs: number }[] =>
  ownTopics(service).retries.map((declaration, at) => ({ topic: physicalName(declaration, topicPrefix), delayMs: retrySteps[at]!.delayMs }));

/** Undefined for what has no key, and so no order to keep, and for copies that do not say what they are of. */
function placeOf(record: InboundRecord): ParkedPlace | undefined {
  if (record.key === null) return undefined;
  const key = record.key.toString('utf8');
  if (!Object.hasOwn(record.headers, headerNames.origin)) return { topic: record.topic, partition: record.partition, offset: record.offset, key };
  try {
    return { ...originOf(record), key };
  } catch {
    return undefined;
  }
}
