// SPDX-License-Identifier: Apache-2.0
import { ownTopics, physicalName, type ServiceName } from '@nervus/contracts';
import { readTopics } from './topic-reader.js';

interface Heartbeat {
  readonly epoch: string;
  readonly state: 'opened' | 'beating' | 'closed';
  readonly sealed: readonly { readonly epoch: string }[];
}

/**
 * Processes that ended without a farewell and that no successor has declared dead yet, by what the heartbeats say.
 * @param running how many processes of each service run now: the newest ones are these
 */
export async function undeclaredDead(brokers: readonly string[], running: ReadonlyMap<ServiceName, number>, topicPrefix = ''): Promise<string[]> {
  const topicOf = (service: ServiceName): string => physicalName(ownTopics(service).heartbeats, topicPrefix);
  const records = await readTopics(brokers, [...running.keys()].map(topicOf));
  const dead: string[] = [];
  for (const [service, count] of running) {
    const beats = records.filter(({ topic }) => topic === topicOf(service)).map(({ value }) => JSON.parse(String(value)) as Heartbeat);
    const opened = beats.filter(({ state }) => state === 'opened').map(({ epoch }) => epoch);
    const ended = new Set(beats.flatMap(({ epoch, state, sealed }) => [...(state === 'closed' ? [epoch] : []), ...sealed.map((one) => one.epoch)]));
    // Epochs are UUIDv7: the newest sort last.
    const past = opened.toSorted().slice(0, Math.max(0, opened.length - count));
    dead.push(...past.filter((epoch) => !ended.has(epoch)).map((epoch) => `${service} ${epoch}`));
  }
  return dead;
}
