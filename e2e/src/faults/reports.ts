// SPDX-License-Identifier: Apache-2.0
import { ownTopics, physicalName, services, type TopicDeclaration } from '@nervus/contracts';
import { readTopics } from '../topic-reader.js';

/** What the services have put aside instead of handling it. */
export interface PutAside {
  /** Records in the dead-letter topics. */
  readonly deadLettered: number;
  /** Reports of records that were not trusted. */
  readonly quarantined: number;
}

/** Counts over all services, of everything so far. */
export async function countPutAside(brokers: readonly string[]): Promise<PutAside> {
  const count = async (topicOf: (service: (typeof services)[number]) => TopicDeclaration): Promise<number> => (await readTopics(brokers, services.map((service) => physicalName(topicOf(service), '')))).length;
  return { deadLettered: await count((service) => ownTopics(service).deadLetters), quarantined: await count((service) => ownTopics(service).quarantine) };
}
