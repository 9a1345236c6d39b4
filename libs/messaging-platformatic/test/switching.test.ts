// SPDX-License-Identifier: Apache-2.0
// The client of a live group is changed process by process, as a deployment does, while records keep coming: from
// kafkajs (the classic protocol) to platformatic (KIP-848) and back. The broker converts the group on the way.
import type { Admin, Producer } from '@nervus/messaging';
import { kafkaBrokers, MemberProcess, uniqueName, until } from '@nervus/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPlatformaticClient } from '../src/index.js';

type KafkaClientKind = 'kafkajs' | 'platformatic';

const partitions = 6;
const client = createPlatformaticClient({ brokers: kafkaBrokers(), clientId: 'switching', log: () => undefined });
let admin: Admin;
let producer: Producer;
const members: MemberProcess[] = [];

beforeAll(async () => {
  admin = await client.admin();
  producer = await client.producer();
});
afterAll(async () => {
  await Promise.all(members.map((member) => member.kill()));
  await producer.close();
  await admin.close();
});

/** Records that keep coming until it is told to stop. */
function stream(topic: string): { stop(): Promise<number> } {
  let [sent, stopping] = [0, false];
  const sending = until('the end of the stream', async () => {
    if (stopping) return true;
    const records = Array.from({ length: 20 }, (_, at) => ({ topic, key: Buffer.from(`key-${(sent + at) % 50}`), value: Buffer.from(String(sent + at)), headers: {} }));
    await producer.send(records);
    sent += records.length;
    return false;
  }, 300_000);
  return {
    stop: async () => {
      stopping = true;
      await sending;
      return sent;
    },
  };
}

async function member(kafkaClient: KafkaClientKind, groupId: string, topic: string): Promise<MemberProcess> {
  const made = await MemberProcess.ready({ brokers: kafkaBrokers(), kafkaClient, groupId, topic });
  members.push(made);
  await made.join();
  return made;
}

/** All partitions are dealt out, each once. */
const settled = (...living: readonly MemberProcess[]): Promise<void> =>
  until('each partition at one process', () => living.every(({ assigned }) => assigned.length > 0) && living.flatMap(({ assigned }) => assigned).toSorted((a, b) => a - b).join() === '0,1,2,3,4,5', 60_000);

/**
 * One after the other is replaced.
 * @param first whether the new one joins before the old one leaves, as a Deployment does it, or after, as a StatefulSet
 */
async function replace(old: readonly MemberProcess[], by: KafkaClientKind, first: 'join' | 'leave', groupId: string, topic: string): Promise<MemberProcess[]> {
  let living = [...old];
  const join = async (): Promise<void> => void living.push(await member(by, groupId, topic));
  for (const leaves of old) {
    const leave = async (): Promise<void> => {
      await leaves.end();
      living = living.filter((one) => one !== leaves);
    };
    for (const step of first === 'join' ? [join, leave] : [leave, join]) {
      await step();
      await settled(...living);
    }
  }
  return living;
}

/** The stretches in which a process might begin records of a partition. */
function leases({ said }: MemberProcess, partition: number): { from: number; to: number }[] {
  const stretches: { from: number; to: number }[] = [];
  let from: number | undefined;
  const end = (at: number): void => {
    if (from !== undefined) stretches.push({ from, to: at });
    from = undefined;
  };
  for (const line of said) {
    if (line.said === 'rebalance' && (line.leaving?.includes(partition) ?? true)) end(line.at);
    if (line.said === 'assigned' && !line.partitions.includes(partition)) end(line.at);
    if (line.said === 'assigned' && line.partitions.includes(partition)) from ??= line.at;
    if (line.said === 'leaving') end(line.at);
  }
  return stretches;
}

it('a group changes from one client library to the other and back while it works: nothing is lost, and nothing begins under two leases', { timeout: 300_000 }, async () => {
  const [topic, groupId] = [uniqueName('switching'), uniqueName('switching')];
  await admin.createTopics([{ topic, partitions, settings: {} }], { factor: 1, minInSync: 1 });
  const records = stream(topic);
  const first = [await member('kafkajs', groupId, topic), await member('kafkajs', groupId, topic)];
  await settled(...first);
  const second = await replace(first, 'platformatic', 'join', groupId, topic);
  const third = await replace(second, 'kafkajs', 'leave', groupId, topic);
  const sent = await records.stop();
  await until('everything committed', async () => (await admin.committedOffsets(groupId, [topic])).reduce((sum, { offset }) => sum + offset, 0n) === BigInt(sent), 60_000);

  const handled = members.flatMap((one) => one.handled);
  expect(new Set(handled).size).toBe(sent);
  expect(members.flatMap((one) => one.all('fatal'))).toEqual([]);
  await Promise.all(third.map((one) => one.end()));
  for (let partition = 0; partition < partitions; partition++) {
    const held = members.flatMap((one) => leases(one, partition)).toSorted((a, b) => a.from - b.from);
    for (const [at, { to }] of held.slice(0, -1).entries()) expect(held[at + 1]!.from, `partition ${partition}`).toBeGreaterThanOrEqual(to);
  }
  for (const one of members) {
    for (const { partition, at } of one.all('began')) expect(leases(one, partition).some(({ from, to }) => from <= at && at <= to), `a record of partition ${partition} began under no lease`).toBe(true);
  }
});
