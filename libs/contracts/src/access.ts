// SPDX-License-Identifier: Apache-2.0
import type { ServiceName } from './services.js';
import { allTopics, readingOf } from './topics.js';

/** One thing a service may do on the broker: a literal topic, or a consumer group by name or prefix. */
export interface AccessRule {
  readonly service: ServiceName;
  readonly resource: 'topic' | 'group';
  readonly name: string;
  readonly pattern: 'literal' | 'prefixed';
  readonly operations: readonly ('Read' | 'Write' | 'Delete' | 'Describe' | 'DescribeConfigs')[];
}

/**
 * Exactly what a service may do on the broker, from the topic declarations: read its inputs, write its outputs, use
 * its own groups, and see how its topics are configured, which it checks at start. It creates, deletes and alters nothing
 * but the table groups of its own processes, which each removes when it ends. Writing a topic includes writing it
 * idempotently (KIP-679, Kafka 2.8 and later).
 */
export function accessOf(service: ServiceName, topicPrefix: string): AccessRule[] {
  const rules: AccessRule[] = [];
  for (const declaration of allTopics) {
    const reads = readingOf(declaration, service) !== undefined;
    const writes = declaration.producers.includes(service);
    if (!reads && !writes) continue;
    const operations = [...(reads ? (['Read'] as const) : []), ...(writes ? (['Write'] as const) : []), 'Describe' as const, 'DescribeConfigs' as const];
    rules.push({ service, resource: 'topic', name: topicPrefix + declaration.name, pattern: 'literal', operations });
  }
  rules.push({ service, resource: 'group', name: topicPrefix + service, pattern: 'literal', operations: ['Read', 'Describe'] });
  rules.push({ service, resource: 'group', name: `${topicPrefix}${service}.table.`, pattern: 'prefixed', operations: ['Read', 'Delete', 'Describe'] });
  return rules;
}
