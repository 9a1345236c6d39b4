// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { headerNames, ownTopics, physicalName, type ServiceName } from '@nervus/contracts';
import { parseJsonObject } from '@nervus/trust';
import type { Clock } from '../clock.js';
import { LeaseRevokedError, UntrustedRecordError, asError, codeOf, isPermanent } from '../errors.js';
import type { InboundRecord, OutboundRecord } from '../port.js';
import { copyOf, untilDone } from './copy.js';
import { type PipelineObserver, problemOf } from './observer.js';
import type { Delivery, Middleware } from './step.js';

/** Why a record was given up: the value of `nervus-dead`, JSON. Not signed; only the owner may write to its topic. */
export interface DeathReason {
  readonly code: string;
  readonly message: string;
  /** base64url(SHA-256) of the frames of the stack, without the message: equal for one fault in one release. */
  readonly stackHash: string;
  /** Calls of the handler; 0 when it did not come so far. */
  readonly attempts: number;
  /** RFC 3339. */
  readonly firstAt: string;
  readonly lastAt: string;
  readonly group: string;
}

export interface DeadLetterOptions {
  readonly service: ServiceName;
  readonly topicPrefix: string;
  readonly groupId: string;
  readonly clock: Clock;
  readonly observer: Pick<PipelineObserver, 'deadLettered'>;
  /** True for a record that has another try to come elsewhere: then only what can never succeed is given up. */
  readonly triedLater: (record: InboundRecord) => boolean;
  /** Resolves when Kafka acknowledged the copies. */
  readonly sendRaw: (records: readonly OutboundRecord[]) => Promise<void>;
}

/** What finally failed goes to the service's dead-letter topic, byte for byte; the record is finished once Kafka has the copy. */
export function deadLetter(options: DeadLetterOptions): Middleware {
  const topic = physicalName(ownTopics(options.service).deadLetters, options.topicPrefix);
  return (next) => async (delivery) => {
    try {
      await next(delivery);
    } catch (error) {
      if (error instanceof LeaseRevokedError || error instanceof UntrustedRecordError) throw error;
      if (!isPermanent(error) && options.triedLater(delivery.record)) throw error;
      await untilDone(() => options.sendRaw([letterOf(delivery.record, topic, reasonOf(error, delivery, options))]), delivery.lease, options.clock);
      options.observer.deadLettered(problemOf(delivery.record, codeOf(error), asError(error).message));
    }
  };
}

/** Reads `nervus-dead` of a copy; undefined when it is absent or not of its form. */
export function parseDeathReason(record: Pick<InboundRecord, 'headers'>): DeathReason | undefined {
  const header = record.headers[headerNames.dead];
  if (!Buffer.isBuffer(header)) return undefined;
  try {
    const reason = parseJsonObject(header.toString('utf8'), headerNames.dead);
    return isDeathReason(reason) ? reason : undefined;
  } catch {
    return undefined;
  }
}

function letterOf(record: InboundRecord, topic: string, reason: DeathReason): OutboundRecord {
  return copyOf(record, topic, { [headerNames.dead]: Buffer.from(JSON.stringify(reason)) });
}

function reasonOf(error: unknown, { attempts, firstFailureAt, before }: Delivery, { clock, groupId }: DeadLetterOptions): DeathReason {
  const { message, stack = '' } = asError(error);
  const frames = stack.split('\n').filter((line) => line.startsWith('    at '));
  const now = clock.now();
  return {
    code: codeOf(error),
    message: message.slice(0, 1000),
    stackHash: createHash('sha256').update(frames.join('\n')).digest('base64url'),
    attempts: attempts + (before?.attempts ?? 0),
    firstAt: before?.firstAt ?? new Date(firstFailureAt ?? now).toISOString(),
    lastAt: new Date(now).toISOString(),
    group: groupId,
  };
}

const isDeathReason = (value: object): value is DeathReason =>
  (['code', 'message', 'stackHash', 'firstAt', 'lastAt', 'group'] as const).every((name) => name in value && typeof (value as Record<string, unknown>)[name] === 'string') && 'attempts' in value && typeof value.attempts === 'number';
