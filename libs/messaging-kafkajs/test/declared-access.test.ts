// SPDX-License-Identifier: Apache-2.0
// Each service with exactly the rights that its declarations give it, on the authorizer that production runs.
import { type ServiceName, accessOf, allTopics, physicalName, readingOf, services, topicsReadBy } from '@nervus/contracts';
import { type KafkaClient, checkTopics, createDeclaredTopics } from '@nervus/messaging';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AccessBroker } from './access-broker.js';
import { eventually, record, Watched } from './world.js';

const prefix = 'acl.';
let broker: AccessBroker;

const kinds = { topic: kafkajs.AclResourceTypes.TOPIC, group: kafkajs.AclResourceTypes.GROUP } as const;
const patterns = { literal: kafkajs.ResourcePatternTypes.LITERAL, prefixed: kafkajs.ResourcePatternTypes.PREFIXED } as const;
const operations = {
  Read: kafkajs.AclOperationTypes.READ,
  Write: kafkajs.AclOperationTypes.WRITE,
  Delete: kafkajs.AclOperationTypes.DELETE,
  Describe: kafkajs.AclOperationTypes.DESCRIBE,
  DescribeConfigs: kafkajs.AclOperationTypes.DESCRIBE_CONFIGS,
} as const;

const grants = (service: ServiceName) =>
  accessOf(service, prefix).flatMap(({ resource, name, pattern, operations: allowed }) =>
    allowed.map((operation) => ({ resourceType: kinds[resource], resourceName: name, resourcePatternType: patterns[pattern], principal: `User:${service}`, host: '*', operation: operations[operation], permissionType: kafkajs.AclPermissionTypes.ALLOW })),
  );

const physical = (declarations: readonly { readonly name: string }[]): string[] => declarations.map((declaration) => physicalName(declaration, prefix));
const writtenBy = (service: ServiceName): string[] => physical(allTopics.filter(({ producers }) => producers.includes(service)));
const readAs = (service: ServiceName, reading: 'group' | 'table' | 'broadcast'): string[] => physical(topicsReadBy(service, reading));

/** Reads until something came of every topic, and commits it. */
async function readAll(client: KafkaClient, groupId: string, topics: readonly string[]): Promise<void> {
  const watched = await Watched.running({ groupId, topics: topics.map((topic) => ({ topic, from: 'beginning' })) }, client);
  await eventually(() => expect(new Set(watched.records.map(({ topic }) => topic))).toEqual(new Set(topics)), 30_000);
  const [{ topic, partition, offset }, { generation }] = [watched.records[0]!, watched.assignments.at(-1)!];
  await watched.consumer.commit([{ topic, partition, offset: offset + 1n, generation }]);
  const admin = await client.admin();
  await eventually(async () => expect(await admin.committedOffsets(groupId, [topic])).toContainEqual({ topic, partition, offset: offset + 1n }));
  await admin.close();
  expect(watched.crashes).toEqual([]);
  await watched.consumer.close();
}

beforeAll(async () => {
  broker = await AccessBroker.start(services);
  if (broker.missing !== undefined) return;
  const admin = await broker.owner.admin();
  await createDeclaredTopics(admin, prefix);
  await admin.close();
  await broker.asOwner((each) => each.createAcls({ acl: services.flatMap(grants) }));
  // Every topic holds a record, so that whoever may read it has something to wait for.
  const producer = await broker.owner.producer();
  await producer.send(physical(allTopics).map((topic) => record(topic, 'x')));
  await producer.close();
});
afterAll(() => broker.stop());

describe.each(services)('%s, with the rights that are declared for it', (service) => {
  beforeEach(({ skip }) => skip(broker.missing !== undefined, `the broker with access rules needs Java: ${broker.missing}`));

  it('compares its topics with the declaration', async () => {
    const admin = await broker.user(service).admin();
    await checkTopics(admin, service, prefix);
    for (const { settings } of await admin.describeTopics(writtenBy(service))) expect(settings).toHaveProperty(['cleanup.policy']);
    await admin.close();
  });

  it('writes all its topics idempotently, without a right on the cluster', async () => {
    const producer = await broker.user(service).producer();
    await producer.send(writtenBy(service).map((topic) => record(topic, 'by its owner')));
    await producer.close();
  });

  it('reads in its own group, and in a table group that it removes afterwards', async () => {
    const client = broker.user(service);
    const shared = readAs(service, 'group');
    if (shared.length > 0) await readAll(client, `${prefix}${service}`, shared);
    const [group, admin] = [`${prefix}${service}.table.${crypto.randomUUID()}`, await client.admin()];
    await readAll(client, group, [...readAs(service, 'table'), ...readAs(service, 'broadcast')]);
    await admin.deleteGroup(group);
    await admin.close();
    expect((await broker.asOwner((each) => each.listGroups())).groups.map(({ groupId }) => groupId)).not.toContain(group);
  });

  it('may do no more: not write what another owns, not read what it is not declared to, not take or remove a group', async () => {
    const client = broker.user(service);
    const foreign = physical(allTopics.filter(({ producers, owner }) => owner !== service && !producers.includes(service)))[0]!;
    const producer = await client.producer();
    await expect(producer.send([record(foreign, 'forged')])).rejects.toMatchObject({ code: 'TOPIC_AUTHORIZATION_FAILED' });
    await producer.close();
    for (const topic of physical(allTopics.filter((declaration) => readingOf(declaration, service) === undefined && !declaration.producers.includes(service))).slice(0, 1)) {
      await expect(client.consumer({ groupId: `${prefix}${service}`, topics: [{ topic, from: 'beginning' }] })).rejects.toMatchObject({ code: 'unknown_topic' });
    }
    const other = services.find((one) => one !== service)!;
    const own = [...readAs(service, 'table'), ...readAs(service, 'group')][0]!;
    await expect(client.consumer({ groupId: `${prefix}${other}`, topics: [{ topic: own, from: 'beginning' }] })).rejects.toMatchObject({ code: 'group_not_authorised' });
    const admin = await client.admin();
    await expect(admin.deleteGroup(`${prefix}${service}`)).rejects.toThrow();
    await expect(admin.createTopics([{ topic: `${prefix}new`, partitions: 1, settings: {} }], { factor: 1, minInSync: 1 })).rejects.toThrow();
    await admin.close();
  });
});
