// SPDX-License-Identifier: Apache-2.0
import { type RecordType, type ServiceName, type SignedExtension, type TopicDeclaration, maxHops, maxValueBytes, minorIn, services, signedExtensions, upcast } from '@nervus/contracts';
import { formatSequence, leafOf, parseStrictJson } from '@nervus/trust';
import { PermanentError, UntrustedRecordError } from '../errors.js';
import type { Received } from '../event.js';
import type { InboundRecord, RecordHeaders } from '../port.js';
import { validatorOf } from '../record-validator.js';
import type { Believed, Middleware } from './step.js';

/**
 * Turns the bytes of a believed record into a value of its type.
 * @param handles whether this service handles a type; what it does not handle is not parsed
 */
export const decode =
  (handles: (type: string) => boolean): Middleware =>
  (next) =>
  async (delivery) => {
    const { record, verification } = delivery;
    if (!verification) throw new TypeError('decode stands behind verify-signature');
    const type = typeOf(record.headers, verification.declaration);
    if (handles(type.type)) delivery.received = decodeRecord(record, verification, type);
    await next(delivery);
  };

/**
 * @throws UntrustedRecordError where a record claims what it may not: another tenant, another source;
 * PermanentError `type_unknown`, `header_invalid`, `extension_missing`, `hops_exceeded`, `json_invalid`, `upcast_failed`, `schema_invalid`
 */
export function decodeRecord(record: InboundRecord, verification: Believed, type = typeOf(record.headers, verification.declaration)): Received<unknown> {
  const { headers } = record;
  const { declaration } = verification;
  if (record.value && record.value.length > maxValueBytes) throw new UntrustedRecordError('record_too_large', `the value has ${record.value.length} bytes, the limit is ${maxValueBytes}`);
  if (text(headers, 'ce_specversion') !== '1.0') throw invalid('ce_specversion', 'is not 1.0');
  const minor = minorIn(type.type, text(headers, 'ce_dataschema'));
  if (minor === undefined) throw invalid('ce_dataschema', `names no minor version of ${type.type}`);
  const hops = Number(text(headers, 'ce_hops'));
  if (!Number.isSafeInteger(hops) || hops < 0) throw invalid('ce_hops', 'is no count');
  if (hops > maxHops) throw new PermanentError('hops_exceeded', `the record is ${hops} steps from its first signal, the limit is ${maxHops}: is there a cycle?`, { hops });
  const key = record.key?.toString('utf8') ?? '';
  const tenant = tenantOf(headers, key, declaration);
  const { origin, appendedAt, sequence } = verification;
  const standsAt = origin ?? { topic: record.topic, partition: record.partition, offset: record.offset, appendedAt };
  const received: Mutable<Received<unknown>> = {
    id: text(headers, 'ce_id'),
    type: type.type,
    topic: declaration.name,
    key,
    time: text(headers, 'ce_time'),
    correlationId: text(headers, 'ce_correlationid'),
    hops,
    extensions: extensionsOf(headers, type, record.value === null),
    data: record.value === null ? null : dataOf(record.value, headers, { type, minor }, declaration.tenantInKey ? tenant : undefined),
    origin: standsAt,
    producer: producerOf(headers, verification),
    sequence: formatSequence(sequence),
    // Hashed when asked for: few ask, and it costs a canonical form.
    get leaf() {
      return leafOf({ ...record, topic: standsAt.topic });
    },
  };
  const [subject, causationId, traceparent] = [optional(headers, 'ce_subject'), optional(headers, 'ce_causationid'), optional(headers, 'ce_traceparent')];
  if (tenant !== undefined) received.tenant = tenant;
  if (subject !== undefined) received.subject = subject;
  if (causationId !== undefined) received.causationId = causationId;
  if (traceparent !== undefined) received.traceparent = traceparent;
  return received;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The type of a record: known, and declared on the topic that it was written to. */
function typeOf(headers: RecordHeaders, declaration: TopicDeclaration): RecordType {
  const name = text(headers, 'ce_type');
  const type = declaration.records.find((declared) => declared.type === name);
  if (!type) throw new PermanentError('type_unknown', `the type ${name} is not declared on ${declaration.name}: is this release older than its producer?`, { type: name });
  return type;
}

/** The tenant of the key is the tenant of the record, or one tenant could write under the id of another. */
function tenantOf(headers: RecordHeaders, key: string, declaration: TopicDeclaration): string | undefined {
  const tenant = optional(headers, 'ce_tenantid');
  if (!declaration.tenantInKey) return tenant;
  if (tenant === undefined || tenant === '' || !key.startsWith(`${tenant}/`)) throw new UntrustedRecordError('tenant_mismatch', `the record of tenant ${tenant ?? 'none'} has the key ${key}`);
  return tenant;
}

function producerOf(headers: RecordHeaders, verification: Believed): Received<unknown>['producer'] {
  const source = text(headers, 'ce_source');
  if (verification.state === 'verified') return { service: verification.service, spiffeId: verification.spiffeId, kid: verification.kid, proof: 'workload' };
  const service = source.slice(source.lastIndexOf('/') + 1);
  if (!isService(service)) throw new UntrustedRecordError('forged_record', `ce_source ${source} names no service`, { kid: verification.kid });
  return { service, spiffeId: source, kid: verification.kid, proof: 'possession' };
}

function extensionsOf(headers: RecordHeaders, type: RecordType, tombstone: boolean): Received<unknown>['extensions'] {
  const { required, optional: allowed } = type.extensions;
  const extensions: Partial<Record<SignedExtension, string>> = {};
  for (const name of required) {
    const value = optional(headers, `ce_${name}`);
    if (value !== undefined) extensions[name] = value;
    else if (!tombstone) throw new PermanentError('extension_missing', `the signed header ce_${name} is missing (${signedExtensions[name]})`, { extension: name });
  }
  for (const name of allowed) {
    const value = optional(headers, `ce_${name}`);
    if (value !== undefined) extensions[name] = value;
  }
  return extensions;
}

/** The value as this release knows it: an earlier minor version is carried over, what a newer one has more stays unread. */
function dataOf(value: Buffer, headers: RecordHeaders, { type, minor }: { readonly type: RecordType; readonly minor: number }, tenant: string | undefined): unknown {
  if (text(headers, 'content-type') !== 'application/json') throw invalid('content-type', 'is not application/json');
  let data: unknown;
  try {
    data = parseStrictJson(value);
  } catch (cause) {
    throw new PermanentError('json_invalid', `the value is not the JSON that is taken in: ${cause instanceof Error ? cause.message : String(cause)}`, { type: type.type }, { cause });
  }
  try {
    data = upcast(type, minor, data);
  } catch (cause) {
    throw new PermanentError('upcast_failed', `the value of ${type.type} is not of minor ${minor}, as its header says: ${cause instanceof Error ? cause.message : String(cause)}`, { type: type.type, minor }, { cause });
  }
  const validator = validatorOf(type);
  validator.validate(data);
  for (const named of tenant === undefined ? [] : validator.tenantsIn(data)) {
    if (named !== tenant) throw new UntrustedRecordError('tenant_mismatch', `the value names tenant ${named}, its record belongs to ${tenant}`);
  }
  return data;
}

function optional(headers: RecordHeaders, name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return Buffer.isBuffer(value) ? value.toString('utf8') : value?.[0]?.toString('utf8');
}

function text(headers: RecordHeaders, name: string): string {
  const value = optional(headers, name);
  if (value === undefined || value === '') throw invalid(name, 'is missing');
  return value;
}

const invalid = (name: string, what: string): PermanentError => new PermanentError('header_invalid', `the header ${name} ${what}`, { header: name });

const isService = (name: string): name is ServiceName => services.some((service) => service === name);
