// SPDX-License-Identifier: Apache-2.0
// A broker of this file's own with SASL and ACLs: what is not allowed must be said quickly and clearly, because kafkajs
// itself names a denied group a missing coordinator and then lives on silently.
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AccessBroker } from './access-broker.js';
import { eventually, record, unique, Watched } from './world.js';

let broker: AccessBroker;

const rule = (resourceType: kafkajs.AclResourceTypes, resourceName: string, operation: kafkajs.AclOperationTypes) => ({
  resourceType, resourceName, operation, resourcePatternType: kafkajs.ResourcePatternTypes.LITERAL, principal: 'User:reader', host: '*', permissionType: kafkajs.AclPermissionTypes.ALLOW,
});

const mayRead = (topic: string, groupId: string) => [
  rule(kafkajs.AclResourceTypes.TOPIC, topic, kafkajs.AclOperationTypes.READ),
  rule(kafkajs.AclResourceTypes.TOPIC, topic, kafkajs.AclOperationTypes.DESCRIBE),
  rule(kafkajs.AclResourceTypes.GROUP, groupId, kafkajs.AclOperationTypes.READ),
  rule(kafkajs.AclResourceTypes.GROUP, groupId, kafkajs.AclOperationTypes.DESCRIBE),
];

async function topicFor(...groups: string[]): Promise<string> {
  const topic = unique('t');
  const admin = await broker.owner.admin();
  await admin.createTopics([{ topic, partitions: 1, settings: {} }], { factor: 1, minInSync: 1 });
  await admin.close();
  if (groups.length > 0) await broker.asOwner((each) => each.createAcls({ acl: groups.flatMap((groupId) => mayRead(topic, groupId)) }));
  return topic;
}

beforeAll(async () => {
  broker = await AccessBroker.start(['reader']);
});
afterAll(() => broker.stop());

describe('a broker with access rules', () => {
  beforeEach(({ skip }) => skip(broker.missing !== undefined, `the broker with access rules needs Java: ${broker.missing}`));

  it('wrong credentials are said to be that, by every client', async () => {
    const denied = { code: 'not_authenticated', retryable: false };
    const stranger = broker.user('reader', 'wrong');
    await expect(stranger.producer()).rejects.toMatchObject(denied);
    await expect(stranger.admin()).rejects.toMatchObject(denied);
    await expect(stranger.consumer({ groupId: 'g', topics: [] })).rejects.toMatchObject(denied);
  });

  it('a group that is not authorised is refused by name before it joins', async () => {
    const topic = await topicFor('allowed');
    const begun = performance.now();
    await expect(broker.user('reader').consumer({ groupId: 'forbidden', topics: [{ topic, from: 'beginning' }] })).rejects.toMatchObject({ code: 'group_not_authorised', retryable: false, message: expect.stringContaining('forbidden') as string });
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  it('a topic that may not be described counts as not there, and is named', async () => {
    const topic = await topicFor();
    await expect(broker.user('reader').consumer({ groupId: 'allowed', topics: [{ topic, from: 'beginning' }] })).rejects.toMatchObject({ code: 'unknown_topic', message: expect.stringContaining(topic) as string });
  });

  it('a topic that may only be read cannot be written, at once and for good', async () => {
    const topic = await topicFor('allowed');
    await expect(broker.user('reader').producer()).rejects.toMatchObject({ code: 'not_a_writer', retryable: false });
    const writable = await topicFor();
    await broker.asOwner((admin) => admin.createAcls({ acl: [kafkajs.AclOperationTypes.WRITE, kafkajs.AclOperationTypes.DESCRIBE].map((operation) => rule(kafkajs.AclResourceTypes.TOPIC, writable, operation)) }));
    const producer = await broker.user('reader').producer();
    await producer.send([record(writable, 'y')]);
    await expect(producer.send([record(topic, 'x')])).rejects.toMatchObject({ name: 'ProducerError', code: 'TOPIC_AUTHORIZATION_FAILED', retryable: false });
    await producer.close();
  });

  it('settings that may not be read come empty, and the rest of the description is true', async () => {
    const topic = await topicFor('allowed');
    const admin = await broker.user('reader').admin();
    expect(await admin.describeTopics([topic])).toEqual([{ topic, partitions: 1, settings: {} }]);
    await admin.close();
  });

  it('a consumer whose access is taken away says that it died, instead of living on silently', async () => {
    const groupId = unique('g');
    const topic = await topicFor(groupId);
    const watched = await Watched.running({ groupId, topics: [{ topic, from: 'beginning' }] }, broker.user('reader'));
    const sender = await broker.owner.producer();
    await sender.send([record(topic, '0')]);
    await eventually(() => expect(watched.values).toEqual(['0']));
    await broker.asOwner((admin) => admin.deleteAcls({ filters: mayRead(topic, groupId).filter(({ resourceType }) => resourceType === kafkajs.AclResourceTypes.TOPIC) }));
    await eventually(() => expect(watched.crashes).toHaveLength(1), 40_000);
    expect(watched.crashes[0]).toMatchObject({ code: 'topic_not_authorised', retryable: false });
    await sender.close();
    await watched.consumer.close();
  });
});
