// SPDX-License-Identifier: Apache-2.0
// What other services of the company may read of the mesh: what it concluded, what it did, and what proves both. All
// other topics are inner ones, and may change without notice.
import type { TopicDeclaration } from './declaration.js';
import { topics } from './topics.js';

/** The topics that subscribers may read, conclusions first. */
export const subscriberTopics: readonly TopicDeclaration[] = [topics.reasoning.intelligence, topics.action.outcomes, topics.identity.workloads, topics.identity.revocations];

/** One thing that a subscriber may do on the broker. */
export interface SubscriberRule {
  readonly resource: 'topic' | 'group';
  readonly name: string;
  readonly pattern: 'literal' | 'prefixed';
  readonly operations: readonly ('Read' | 'Describe' | 'Delete')[];
}

/** Beginning of the consumer groups of a subscriber; no service of the mesh has such. */
export const subscriberGroup = (name: string, topicPrefix: string): string => `${topicPrefix}subscriber.${name}`;

/** Exactly what a subscriber may do: read, in groups of its own, which it removes when they were those of one process, and write nothing. */
export function subscriberAccess(name: string, topicPrefix: string): SubscriberRule[] {
  return [
    ...subscriberTopics.map((declaration) => ({ resource: 'topic' as const, name: topicPrefix + declaration.name, pattern: 'literal' as const, operations: ['Read', 'Describe'] as const })),
    // With the dot at the end, or `shop` could read in the groups of `shop-test`.
    { resource: 'group', name: subscriberGroup(name, topicPrefix), pattern: 'literal', operations: ['Read', 'Describe'] },
    { resource: 'group', name: `${subscriberGroup(name, topicPrefix)}.`, pattern: 'prefixed', operations: ['Read', 'Delete', 'Describe'] },
  ];
}
