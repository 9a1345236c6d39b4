// SPDX-License-Identifier: Apache-2.0
import { type ServiceName, type TopicDeclaration, allTopics, physicalName, readingOf } from '@nervus/contracts';
import { PermanentError } from './errors.js';
import type { Admin, TopicConfiguration } from './port.js';

/** audit must see every version of a compacted record, also after an outage of its own. */
const minCompactionLagMs = 7 * 24 * 3_600_000;
/** Below this retention a segment must roll sooner than it does by default, or nothing is ever deleted. */
const shortRetentionMs = 24 * 3_600_000;

/** How a topic is to be on the broker. */
export function configurationOf(declaration: TopicDeclaration, topicPrefix: string): TopicConfiguration {
  const { cleanup, retentionMs, partitions } = declaration;
  const settings: Record<string, string> = {
    'cleanup.policy': cleanup,
    // Signatures are judged at the broker's append time.
    'message.timestamp.type': 'LogAppendTime',
    'retention.ms': String(retentionMs),
  };
  if (cleanup === 'compact') settings['min.compaction.lag.ms'] = String(minCompactionLagMs);
  if (cleanup === 'delete' && retentionMs > 0 && retentionMs < shortRetentionMs) settings['segment.ms'] = String(retentionMs);
  return { topic: physicalName(declaration, topicPrefix), partitions, settings };
}

/** Topics that a service reads or writes. */
export const topicsUsedBy = (service: ServiceName): TopicDeclaration[] => allTopics.filter((declaration) => declaration.producers.includes(service) || readingOf(declaration, service) !== undefined);

/**
 * Holds the topics that a service uses to their declarations, before it joins anything. Settings that this client may
 * not read are not compared.
 * @throws PermanentError `topics_not_as_declared` naming every fault and what to do about it
 */
export async function checkTopics(admin: Pick<Admin, 'describeTopics'>, service: ServiceName, topicPrefix: string): Promise<void> {
  const expected = topicsUsedBy(service).map((declaration) => configurationOf(declaration, topicPrefix));
  const found = new Map((await admin.describeTopics(expected.map(({ topic }) => topic))).map((topic) => [topic.topic, topic]));
  const problems = expected.flatMap((topic) => faultsOf(topic, found.get(topic.topic)));
  if (problems.length === 0) return;
  throw new PermanentError('topics_not_as_declared', `${problems.length} of the topics that ${service} uses are not as declared: ${problems.join('; ')}. Create or alter them as libs/contracts declares; services never do`, { problems });
}

/** Creates every declared topic that is missing: for the launcher and for tests. */
export function createDeclaredTopics(admin: Pick<Admin, 'createTopics'>, topicPrefix: string, replication = { factor: 1, minInSync: 1 }): Promise<void> {
  return admin.createTopics(allTopics.map((declaration) => configurationOf(declaration, topicPrefix)), replication);
}

/** One thing that would make a topic as declared. */
export interface TopicChange {
  readonly topic: string;
  /** `grow` moves keys to other partitions: records of a key written before and after it are not in order. */
  readonly kind: 'create' | 'grow' | 'alter';
  /** For people: from what to what. */
  readonly detail: string;
  /** What to ask the broker for. */
  readonly to: TopicConfiguration;
}

/**
 * What has to change until all declared topics are as declared. Longer retention and more partitions than declared are
 * left as they are: somebody may have wanted them, and neither can lose anything.
 */
export function planTopics(found: readonly TopicConfiguration[], topicPrefix: string): TopicChange[] {
  const byName = new Map(found.map((topic) => [topic.topic, topic]));
  return allTopics.map((declaration) => configurationOf(declaration, topicPrefix)).flatMap((expected) => changesOf(expected, byName.get(expected.topic)));
}

function changesOf(expected: TopicConfiguration, found: TopicConfiguration | undefined): TopicChange[] {
  const { topic, partitions } = expected;
  if (!found) return [{ topic, kind: 'create', detail: `${partitions} partitions, ${Object.entries(expected.settings).map(([name, value]) => `${name}=${value}`).join(', ')}`, to: expected }];
  const changes: TopicChange[] = [];
  if (found.partitions < partitions) changes.push({ topic, kind: 'grow', detail: `${found.partitions} -> ${partitions} partitions`, to: { topic, partitions, settings: {} } });
  const settings = Object.entries(expected.settings).filter(([name, value]) => found.settings[name] !== undefined && found.settings[name] !== value && !(name === 'retention.ms' && lastsAsLong(Number(found.settings[name]), Number(value))));
  if (settings.length > 0) changes.push({ topic, kind: 'alter', detail: settings.map(([name, value]) => `${name}: ${found.settings[name]} -> ${value}`).join(', '), to: { topic, partitions: found.partitions, settings: Object.fromEntries(settings) } });
  return changes;
}

function faultsOf(expected: TopicConfiguration, found: TopicConfiguration | undefined): string[] {
  const { topic } = expected;
  if (!found) return [`${topic} does not exist`];
  const faults: string[] = [];
  if (found.partitions < expected.partitions) faults.push(`${topic} has ${found.partitions} partitions, expected at least ${expected.partitions}`);
  for (const name of ['cleanup.policy', 'message.timestamp.type']) {
    const value = found.settings[name];
    if (value !== undefined && value !== expected.settings[name]) faults.push(`${topic} has ${name}=${value}, expected ${expected.settings[name]}`);
  }
  const retention = found.settings['retention.ms'];
  if (retention !== undefined && !lastsAsLong(Number(retention), Number(expected.settings['retention.ms']))) faults.push(`${topic} has retention.ms=${retention}, expected ${expected.settings['retention.ms']} or longer`);
  return faults;
}

const lastsAsLong = (found: number, expected: number): boolean => found === -1 || (expected !== -1 && found >= expected);
