// SPDX-License-Identifier: Apache-2.0
import { type RecordType, type SignedExtension, type TopicDeclaration, dataSchemaOf, findRecordType, findTopic, maxValueBytes, physicalName, signedExtensions } from '@nervus/contracts';
import { PermanentError } from '../errors.js';
import type { OutgoingEvent } from '../event.js';

/** Bytes of all headers of one record before number and signature; a log entry, which holds them, stays below 64 KiB. */
export const maxHeaderBytes = 24 * 1024;
/** Bytes of a record key. */
export const maxKeyBytes = 1024;

/** A record without number and signature. */
export interface EventRecord {
  readonly topic: string;
  readonly key: Buffer;
  readonly value: Buffer | null;
  readonly headers: Record<string, Buffer>;
  /** Bytes on the wire, number and signature not counted. */
  readonly bytes: number;
  /** False for the topics that audit does not log: they are numbered in an epoch of their own. */
  readonly audited: boolean;
}

/** Header values that many records share, encoded once. */
export class EventRecords {
  private readonly source: Buffer;
  private readonly byType = new Map<string, { readonly declaration: TopicDeclaration; readonly type: RecordType; readonly topic: string; readonly name: Buffer; readonly schema: (minor: number) => Buffer }>();

  constructor(
    private readonly topicPrefix: string,
    spiffeId: string,
  ) {
    this.source = Buffer.from(spiffeId);
  }

  /**
   * The record of an event: everything that can be wrong with it is found here, before a number is given.
   * @throws PermanentError `type_unknown`, `topic_mismatch`, `extension_missing`, `extension_unknown`, `record_too_large`, `headers_too_large`
   */
  of(event: OutgoingEvent): EventRecord {
    const known = this.known(event);
    this.checkExtensions(event, known.type);
    const headers: Record<string, Buffer> = {
      ce_id: Buffer.from(event.id),
      ce_source: this.source,
      ce_type: known.name,
      ce_specversion: specVersion,
      ce_time: Buffer.from(event.time),
      ce_dataschema: known.schema(event.minor ?? 0),
      'content-type': contentType,
      ce_correlationid: Buffer.from(event.correlationId),
      ce_hops: Buffer.from(String(event.hops)),
    };
    if (event.tenant !== undefined) headers['ce_tenantid'] = Buffer.from(event.tenant);
    if (event.subject !== undefined) headers['ce_subject'] = Buffer.from(event.subject);
    if (event.causationId !== undefined) headers['ce_causationid'] = Buffer.from(event.causationId);
    if (event.traceparent !== undefined) headers['ce_traceparent'] = Buffer.from(event.traceparent);
    for (const [name, value] of Object.entries(event.extensions)) headers[`ce_${name}`] = Buffer.from(value);
    const key = Buffer.from(event.key);
    const value = event.value === null ? null : Buffer.from(event.value);
    let headerBytes = 0;
    for (const name in headers) headerBytes += name.length + headers[name]!.length;
    if (value && value.length > maxValueBytes) throw refused(event, 'record_too_large', `its value has ${value.length} bytes, the limit is ${maxValueBytes}: store the bulk elsewhere and name it`);
    if (key.length > maxKeyBytes) throw refused(event, 'record_too_large', `its key has ${key.length} bytes, the limit is ${maxKeyBytes}`);
    if (headerBytes > maxHeaderBytes) throw refused(event, 'headers_too_large', `its headers have ${headerBytes} bytes, the limit is ${maxHeaderBytes}`);
    return { topic: known.topic, key, value, headers, bytes: key.length + (value?.length ?? 0) + headerBytes, audited: known.declaration.audited };
  }

  private known(event: OutgoingEvent) {
    let known = this.byType.get(event.type);
    if (!known) {
      const type = findRecordType(event.type);
      const declaration = findTopic(event.topic);
      if (!type) throw refused(event, 'type_unknown', 'its type is not declared in libs/contracts');
      if (!declaration?.records.includes(type)) throw refused(event, 'topic_mismatch', `its type is not declared on ${event.topic}`);
      known = { declaration, type, topic: physicalName(declaration, this.topicPrefix), name: Buffer.from(event.type), schema: schemasOf(type) };
      this.byType.set(event.type, known);
    }
    if (known.declaration.name !== event.topic) throw refused(event, 'topic_mismatch', `its type is declared on ${known.declaration.name}, not on ${event.topic}`);
    return known;
  }

  private checkExtensions(event: OutgoingEvent, { extensions }: RecordType): void {
    for (const name of extensions.required) {
      if (event.value !== null && event.extensions[name] === undefined) throw refused(event, 'extension_missing', `its signed header ce_${name} is missing (${signedExtensions[name]})`);
    }
    for (const name of Object.keys(event.extensions) as SignedExtension[]) {
      if (!extensions.required.includes(name) && !extensions.optional.includes(name)) throw refused(event, 'extension_unknown', `the signed header ce_${name} is not declared for its type`);
    }
  }
}

const specVersion = Buffer.from('1.0');
const contentType = Buffer.from('application/json');

/** `ce_dataschema` by minor version: nearly always the present one, and an earlier one for what an older release left in an outbox. */
function schemasOf({ type, minor: present }: RecordType): (minor: number) => Buffer {
  const current = Buffer.from(dataSchemaOf(type, present));
  return (minor) => (minor === present ? current : Buffer.from(dataSchemaOf(type, minor)));
}

const refused = (event: OutgoingEvent, code: string, why: string): PermanentError =>
  new PermanentError(code, `event ${event.id} of type ${event.type} cannot be published: ${why}`, { id: event.id, type: event.type, topic: event.topic });
