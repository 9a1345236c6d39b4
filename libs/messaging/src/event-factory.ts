// SPDX-License-Identifier: Apache-2.0
import { type DataOf, type RecordType, type SignedExtension, followingId, maxHops, topicOf } from '@nervus/contracts';
import { parseStrictJson } from '@nervus/trust';
import type { Clock } from './clock.js';
import { PermanentError } from './errors.js';
import type { OutgoingEvent, Received } from './event.js';
import { validatorOf } from './record-validator.js';
import { activeTraceparent } from './tracing.js';

/** What an event needs of the record that it follows from. */
export type Cause = Pick<Received<unknown>, 'id' | 'correlationId' | 'hops'> & Partial<Pick<Received<unknown>, 'tenant' | 'traceparent'>>;

/** What one says of a new event; the rest is derived. */
export interface NewEvent<R extends RecordType> {
  /** Last part of the record key: the entity's or run's id. The whole key for topics of the installation. */
  readonly key: string;
  /** Left out, it is the tenant of the cause. Topics of the installation need none. */
  readonly tenant?: string;
  /** Null writes a tombstone. */
  readonly data: DataOf<R> | null;
  /** The record that this one follows from: gives correlation, causation, hops and, with `purpose`, the id. */
  readonly cause?: Cause;
  /** Tells apart what follows from one cause: the same purpose always yields the same id. */
  readonly purpose?: string;
  /** The id itself, where it does not follow from a cause. */
  readonly id?: string;
  readonly subject?: string;
  readonly extensions?: Readonly<Partial<Record<SignedExtension, string>>>;
  /** @default the active span, else the trace of the cause */
  readonly traceparent?: string;
}

/**
 * A valid event, ready for an outbox or the publisher.
 * @throws PermanentError `schema_invalid`, `tenant_missing`, `tenant_mismatch`, `hops_exceeded`, `id_missing`, `json_invalid`
 */
export function eventOf<R extends RecordType>(type: R, event: NewEvent<R>, clock: Pick<Clock, 'now'>): OutgoingEvent {
  const declaration = topicOf(type);
  const { cause } = event;
  const id = event.id ?? (cause && event.purpose !== undefined ? followingId(cause.id, event.purpose) : undefined);
  if (id === undefined) throw new PermanentError('id_missing', `an event of ${type.type} needs an id: give a cause with a purpose, or the id`, { type: type.type });
  const tenant = event.tenant ?? cause?.tenant;
  if (cause?.tenant !== undefined && tenant !== cause.tenant) {
    throw new PermanentError('tenant_mismatch', `an event of tenant ${tenant} cannot follow from a record of tenant ${cause.tenant}`, { type: type.type, tenant });
  }
  if (declaration.tenantInKey && tenant === undefined) throw new PermanentError('tenant_missing', `records on ${declaration.name} belong to a tenant: say which`, { type: type.type });
  const hops = cause ? cause.hops + 1 : 0;
  if (hops > maxHops) throw new PermanentError('hops_exceeded', `this event would be ${hops} steps from its first signal, the limit is ${maxHops}: is there a cycle?`, { type: type.type, hops });
  const traceparent = event.traceparent ?? activeTraceparent() ?? cause?.traceparent;
  return {
    id,
    type: type.type,
    ...(type.minor === 0 ? {} : { minor: type.minor }),
    topic: declaration.name,
    key: declaration.tenantInKey ? `${tenant}/${event.key}` : event.key,
    ...(tenant === undefined ? {} : { tenant }),
    ...(event.subject === undefined ? {} : { subject: event.subject }),
    time: new Date(clock.now()).toISOString(),
    correlationId: cause?.correlationId ?? id,
    ...(cause ? { causationId: cause.id } : {}),
    hops,
    ...(traceparent === undefined ? {} : { traceparent }),
    extensions: event.extensions ?? {},
    value: event.data === null ? null : valueOf(type, event.data, declaration.tenantInKey ? tenant : undefined),
  };
}

/** Only these can make JSON that `JSON.stringify` writes and a strict reader refuses: lone surrogates and large integers. */
const doubtful = /\\u[dD][89a-fA-F]|\d{16}|\de\+/;

function valueOf<R extends RecordType>(type: R, data: DataOf<R>, tenant: string | undefined): string {
  const validator = validatorOf(type);
  validator.validate(data);
  for (const named of tenant === undefined ? [] : validator.tenantsIn(data)) {
    if (named !== tenant) throw new PermanentError('tenant_mismatch', `the value of ${type.type} names tenant ${named}, its record belongs to ${tenant}`, { type: type.type, tenant });
  }
  const text = JSON.stringify(data);
  try {
    if (doubtful.test(text)) parseStrictJson(text);
  } catch (cause) {
    throw new PermanentError('json_invalid', `the value of ${type.type} has no exact JSON form: ${cause instanceof Error ? cause.message : String(cause)}`, { type: type.type }, { cause });
  }
  return text;
}
