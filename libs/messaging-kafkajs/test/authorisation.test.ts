// SPDX-License-Identifier: Apache-2.0
// A broker of this file's own with SASL and ACLs: what is not allowed must be said quickly and clearly, because kafkajs
// itself names a denied group a missing coordinator and then lives on silently.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Infrastructure, InfrastructureError, startInfrastructure } from '@nervus/local-infrastructure';
import type { KafkaClient } from '@nervus/messaging';
import { mongoUri } from '@nervus/testing';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createKafkaJsClient } from '../src/index.js';
import { eventually, record, unique, Watched } from './world.js';

let infrastructure: Infrastructure | undefined;
let noJava: string | undefined;
let dataDir: string;
let saslPort: number;
let owner: KafkaClient;

const user = (username: string, password = `${username}-secret`): KafkaClient =>
  createKafkaJsClient({ brokers: [`127.0.0.1:${saslPort}`], clientId: username, sasl: { mechanism: 'plain', username, password }, log: () => undefined });

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function asOwner<T>(use: (admin: kafkajs.Admin) => Promise<T>): Promise<T> {
  const admin = new kafkajs.Kafka({ brokers: [...infrastructure!.kafka.brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

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
  const admin = await owner.admin();
  await admin.createTopics([{ topic, partitions: 1, settings: {} }], { factor: 1, minInSync: 1 });
  await admin.close();
  if (groups.length > 0) await asOwner((each) => each.createAcls({ acl: groups.flatMap((groupId) => mayRead(topic, groupId)) }));
  return topic;
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'nervus-acl-'));
  const [broker, controller] = [await freePort(), await freePort()];
  saslPort = await freePort();
  try {
    infrastructure = await startInfrastructure({
      dataDir, mode: 'java', database: 'memory', mongoUri: mongoUri(), pinPorts: true, ports: { broker, controller },
      brokerProperties: {
        'listeners': `PLAINTEXT://127.0.0.1:${broker},SASL_PLAINTEXT://127.0.0.1:${saslPort},CONTROLLER://127.0.0.1:${controller}`,
        'advertised.listeners': `PLAINTEXT://127.0.0.1:${broker},SASL_PLAINTEXT://127.0.0.1:${saslPort}`,
        'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT',
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'allow.everyone.if.no.acl.found': 'false',
        'super.users': 'User:ANONYMOUS',
        'sasl.enabled.mechanisms': 'PLAIN',
        'listener.name.sasl_plaintext.plain.sasl.jaas.config': 'org.apache.kafka.common.security.plain.PlainLoginModule required user_reader="reader-secret";',
      },
    });
  } catch (error) {
    if (!(error instanceof InfrastructureError)) throw error;
    noJava = error.message;
    return;
  }
  owner = createKafkaJsClient({ brokers: infrastructure.kafka.brokers, clientId: 'owner', log: () => undefined });
});
afterAll(async () => {
  await infrastructure?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

describe('a broker with access rules', () => {
  beforeEach(({ skip }) => skip(noJava !== undefined, `the broker with access rules needs Java: ${noJava}`));

  it('wrong credentials are said to be that, by every client', async () => {
    const denied = { code: 'not_authenticated', retryable: false };
    const stranger = user('reader', 'wrong');
    await expect(stranger.producer()).rejects.toMatchObject(denied);
    await expect(stranger.admin()).rejects.toMatchObject(denied);
    await expect(stranger.consumer({ groupId: 'g', topics: [] })).rejects.toMatchObject(denied);
  });

  it('a group that is not authorised is refused by name before it joins', async () => {
    const topic = await topicFor('allowed');
    const begun = performance.now();
    await expect(user('reader').consumer({ groupId: 'forbidden', topics: [{ topic, from: 'beginning' }] })).rejects.toMatchObject({ code: 'group_not_authorised', retryable: false, message: expect.stringContaining('forbidden') as string });
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  it('a topic that may not be described counts as not there, and is named', async () => {
    const topic = await topicFor();
    await expect(user('reader').consumer({ groupId: 'allowed', topics: [{ topic, from: 'beginning' }] })).rejects.toMatchObject({ code: 'unknown_topic', message: expect.stringContaining(topic) as string });
  });

  it('a topic that may only be read cannot be written, at once and for good', async () => {
    const topic = await topicFor('allowed');
    await expect(user('reader').producer()).rejects.toMatchObject({ code: 'not_a_writer', retryable: false });
    const writable = await topicFor();
    await asOwner((admin) => admin.createAcls({ acl: [kafkajs.AclOperationTypes.WRITE, kafkajs.AclOperationTypes.DESCRIBE].map((operation) => rule(kafkajs.AclResourceTypes.TOPIC, writable, operation)) }));
    const producer = await user('reader').producer();
    await producer.send([record(writable, 'y')]);
    await expect(producer.send([record(topic, 'x')])).rejects.toMatchObject({ name: 'ProducerError', code: 'TOPIC_AUTHORIZATION_FAILED', retryable: false });
    await producer.close();
  });

  it('settings that may not be read come empty, and the rest of the description is true', async () => {
    const topic = await topicFor('allowed');
    const admin = await user('reader').admin();
    expect(await admin.describeTopics([topic])).toEqual([{ topic, partitions: 1, settings: {} }]);
    await admin.close();
  });

  it('a consumer whose access is taken away says that it died, instead of living on silently', async () => {
    const groupId = unique('g');
    const topic = await topicFor(groupId);
    const watched = await Watched.running({ groupId, topics: [{ topic, from: 'beginning' }] }, user('reader'));
    const sender = await owner.producer();
    await sender.send([record(topic, '0')]);
    await eventually(() => expect(watched.values).toEqual(['0']));
    await asOwner((admin) => admin.deleteAcls({ filters: mayRead(topic, groupId).filter(({ resourceType }) => resourceType === kafkajs.AclResourceTypes.TOPIC) }));
    await eventually(() => expect(watched.crashes).toHaveLength(1), 40_000);
    expect(watched.crashes[0]).toMatchObject({ code: 'topic_not_authorised', retryable: false });
    await sender.close();
    await watched.consumer.close();
  });
});
