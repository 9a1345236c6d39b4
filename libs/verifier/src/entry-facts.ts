// SPDX-License-Identifier: Apache-2.0
import { findTopic, headerNames, minorIn, type SignedExtension, signedExtensions, type TopicDeclaration } from '@nervus/contracts';
import { type LogEntry, parseSequence } from '@nervus/trust';

/** What an entry says in its headers, read but not believed. Headers that are missing read as empty, see `complete`. */
export interface EntryFacts {
  /** Undefined when no topic of that name is declared. */
  readonly topic: TopicDeclaration | undefined;
  readonly key: string | null;
  readonly type: string;
  /** Minor version of the type that the value was written under; left out when `ce_dataschema` does not say. */
  readonly minor?: number;
  readonly id: string;
  /** `ce_source`: SPIFFE ID of the producer. */
  readonly producer: string;
  readonly epoch: string;
  readonly n: number;
  readonly tenant?: string;
  /** `ce_time`, milliseconds since the epoch. */
  readonly time: number;
  readonly extensions: Readonly<Partial<Record<SignedExtension, string>>>;
  readonly valueDigest: string | null;
  /** Whether it carries every header that a record must, and its type belongs on its topic: only then may rules read it. */
  readonly complete: boolean;
}

const extensionNames = Object.keys(signedExtensions) as SignedExtension[];

/**
 * Reads the headers of an entry; undefined when it has no number, which no signed record lacks.
 * @param topicPrefix configured prefix of physical topic names, perhaps empty
 */
export function factsOf(entry: LogEntry, topicPrefix: string): EntryFacts | undefined {
  const { headers } = entry;
  const sequence = parseSequence(headers[headerNames.sequence] ?? '');
  if (!sequence) return undefined;
  const { ce_type: type = '', ce_id: id = '', ce_source: producer = '', ce_tenantid: tenant } = headers;
  const time = Date.parse(headers['ce_time'] ?? '');
  const minor = minorIn(type, headers['ce_dataschema'] ?? '');
  const topic = entry.topic.startsWith(topicPrefix) ? findTopic(entry.topic.slice(topicPrefix.length)) : undefined;
  const extensions: Partial<Record<SignedExtension, string>> = {};
  for (const name of extensionNames) {
    const value = headers[`ce_${name}`];
    if (value !== undefined) extensions[name] = value;
  }
  const complete = id !== '' && producer !== '' && !Number.isNaN(time) && topic !== undefined && topic.records.some((record) => record.type === type);
  return { topic, key: entry.key, type, ...(minor !== undefined && { minor }), id, producer, epoch: sequence.epoch, n: sequence.n, ...(tenant !== undefined && { tenant }), time: Number.isNaN(time) ? 0 : time, extensions, valueDigest: entry.valueDigest, complete };
}

/** The configured prefix, from the physical name of a topic; undefined when no declared topic ends so. */
export function prefixOf(physicalTopic: string): string | undefined {
  const at = physicalTopic.indexOf('nervus.');
  return at >= 0 && findTopic(physicalTopic.slice(at)) ? physicalTopic.slice(0, at) : undefined;
}
