// SPDX-License-Identifier: Apache-2.0
import type { Reading, RecordType, TopicDeclaration } from './declaration.js';
import { action } from './owners/action.js';
import { approval } from './owners/approval.js';
import { audit } from './owners/audit.js';
import { console } from './owners/console.js';
import { everyService } from './owners/every-service.js';
import { identity } from './owners/identity.js';
import { ingestion } from './owners/ingestion.js';
import { reasoning } from './owners/reasoning.js';
import { type ServiceName, services } from './services.js';

/** Topics by owner, and under each owner also `heartbeats`, `answers`, `retries`, `deadLetters` and `quarantine`. */
export const topics = { ingestion, reasoning, approval, action, identity, audit, console } as const;

const everyServiceDeclarations = new Map(services.map((service) => [service, everyService(service)]));

/** What every service has for itself: its own record types and topics. */
export function ownTopics(service: ServiceName): ReturnType<typeof everyService> {
  const own = everyServiceDeclarations.get(service);
  if (!own) throw new TypeError(`unknown service "${service}": expected one of ${services.join(', ')}`);
  return own;
}

/** audit alone takes no commands, and it takes every record as it is: there is nothing to handle again later. */
const logsOnly = (service: ServiceName): boolean => service === 'audit';

/** Every topic of the mesh. The one truth: topic creation, ACLs, boot checks and documents are made from it. */
export const allTopics: readonly TopicDeclaration[] = [
  ...Object.values(topics).flatMap((owned) => Object.values<TopicDeclaration>(owned)),
  ...services.flatMap((service) => {
    const own = ownTopics(service);
    return [own.heartbeats, ...(logsOnly(service) ? [] : [own.answers, ...own.retries]), own.deadLetters, own.quarantine];
  }),
];

const topicsByName = new Map(allTopics.map((declaration) => [declaration.name, declaration]));
const topicsByType = new Map(allTopics.flatMap((declaration) => declaration.records.map((type) => [type.type, declaration] as const)));
const typesByName = new Map(allTopics.flatMap((declaration) => declaration.records.map((type) => [type.type, type] as const)));

/** The declaration of a topic by its name without prefix. */
export const findTopic = (name: string): TopicDeclaration | undefined => topicsByName.get(name);

/** A record type by its CloudEvents type. */
export const findRecordType = (type: string): RecordType | undefined => typesByName.get(type);

/** The one topic that a record type is written to. */
export function topicOf(type: RecordType): TopicDeclaration {
  const declaration = topicsByType.get(type.type);
  if (!declaration) throw new TypeError(`record type ${type.type} is on no topic: declare it in libs/contracts`);
  return declaration;
}

/** How a service reads a topic, or undefined when it may not. audit reads everything it logs. */
export function readingOf(declaration: TopicDeclaration, service: ServiceName): Reading | undefined {
  return declaration.readers[service] ?? (service === 'audit' && declaration.audited ? 'group' : undefined);
}

/** How often a record of this topic was put off: the place of the topic among the retry topics of its owner; undefined elsewhere. */
export function retryStepOf({ name, owner }: TopicDeclaration): number | undefined {
  const step = ownTopics(owner).retries.findIndex((retry) => retry.name === name);
  return step < 0 ? undefined : step;
}

/** Topics that a service reads in one way. */
export const topicsReadBy = (service: ServiceName, reading: Reading): TopicDeclaration[] => allTopics.filter((declaration) => readingOf(declaration, service) === reading);

/** The name on the broker. The prefix is part of what is signed. */
export const physicalName = (declaration: Pick<TopicDeclaration, 'name'>, topicPrefix: string): string => topicPrefix + declaration.name;
