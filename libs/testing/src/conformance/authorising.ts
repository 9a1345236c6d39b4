// SPDX-License-Identifier: Apache-2.0
// A broker of these tests' own with SASL and access rules: what is not allowed must be said quickly and clearly, because
// client libraries give it other names (kafkajs calls a denied group a missing coordinator) or retry in silence.
import { randomUUID } from 'node:crypto';
import { InfrastructureError } from '@nervus/local-infrastructure';
import type { KafkaClient } from '@nervus/messaging';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ClientFactory } from './kafka-broker.js';
import { Probe } from './probe.js';
import { type Rule, SecuredBroker } from './secured-broker.js';
import { record, until, type World } from './world.js';

const unique = (name: string): string => `${name}-${randomUUID()}`;

const mayRead = (topic: string, groupId: string): Rule[] => [
  ...(['read', 'describe'] as const).map((may) => ({ on: 'topic' as const, name: topic, may })),
  ...(['read', 'describe'] as const).map((may) => ({ on: 'group' as const, name: groupId, may })),
];

export function authorising(world: World, create: ClientFactory | undefined): void {
  describe('authorising', () => {
    let broker: SecuredBroker | undefined;
    let noJava: string | undefined;

    const owner = (): KafkaClient => create!({ brokers: broker!.open, clientId: 'owner', log: () => undefined });
    const reader = (password = 'reader-secret'): KafkaClient => create!({ brokers: [broker!.secured], clientId: 'reader', sasl: { mechanism: 'plain', username: 'reader', password }, log: () => undefined });

    async function topicFor(...groups: string[]): Promise<string> {
      const topic = unique('t');
      const admin = await owner().admin();
      await admin.createTopics([{ topic, partitions: 1, settings: {} }], { factor: 1, minInSync: 1 });
      await admin.close();
      if (groups.length > 0) await broker!.allow(groups.flatMap((groupId) => mayRead(topic, groupId)));
      return topic;
    }

    beforeAll(async () => {
      if (world.features.authorisation !== true) return;
      try {
        broker = await SecuredBroker.start();
      } catch (error) {
        if (!(error instanceof InfrastructureError)) throw error;
        noJava = error.message;
      }
    });
    afterAll(() => broker?.stop());
    beforeEach(({ skip }) => {
      world.require('authorisation', skip);
      skip(noJava !== undefined, `the broker with access rules needs Java: ${noJava}`);
    });

    it('wrong credentials are said to be that, by every client', async () => {
      const denied = { code: 'not_authenticated', retryable: false };
      const stranger = reader('wrong');
      await expect(stranger.producer()).rejects.toMatchObject(denied);
      await expect(stranger.admin()).rejects.toMatchObject(denied);
      await expect(stranger.consumer({ groupId: 'g', topics: [] })).rejects.toMatchObject(denied);
    });

    it('a group that is not authorised is refused by name before it joins', async () => {
      const topic = await topicFor('allowed');
      const begun = performance.now();
      await expect(reader().consumer({ groupId: 'forbidden', topics: [{ topic, from: 'beginning' }] })).rejects.toMatchObject({ code: 'group_not_authorised', retryable: false, message: expect.stringContaining('forbidden') as string });
      expect(performance.now() - begun).toBeLessThan(5000);
    });

    it('a topic that may not be described counts as not there, and is named', async () => {
      const topic = await topicFor();
      await expect(reader().consumer({ groupId: 'allowed', topics: [{ topic, from: 'beginning' }] })).rejects.toMatchObject({ code: 'unknown_topic', message: expect.stringContaining(topic) as string });
    });

    it('a topic that may only be read cannot be written, at once and for good', async () => {
      const topic = await topicFor('allowed');
      await expect(reader().producer()).rejects.toMatchObject({ code: 'not_a_writer', retryable: false });
      const writable = await topicFor();
      await broker!.allow((['write', 'describe'] as const).map((may) => ({ on: 'topic', name: writable, may })));
      const producer = await reader().producer();
      await producer.send([record(writable, 'k', 'y')]);
      await expect(producer.send([record(topic, 'k', 'x')])).rejects.toMatchObject({ name: 'ProducerError', code: 'TOPIC_AUTHORIZATION_FAILED', retryable: false });
      await producer.close();
    });

    it('settings that may not be read come empty, and the rest of the description is true', async () => {
      const topic = await topicFor('allowed');
      const admin = await reader().admin();
      expect(await admin.describeTopics([topic])).toEqual([{ topic, partitions: 1, settings: {} }]);
      await admin.close();
    });

    it('a consumer whose access is taken away says that it died, instead of living on silently', async () => {
      const groupId = unique('g');
      const topic = await topicFor(groupId);
      const consumer = await reader().consumer({ groupId, topics: [{ topic, from: 'beginning' }] });
      const probe = new Probe(consumer);
      await consumer.run(probe.handlers);
      const sender = await owner().producer();
      await sender.send([record(topic, 'k', '0')]);
      await until('the record', () => probe.values.includes('0'));
      await broker!.forbid(mayRead(topic, groupId).filter(({ on }) => on === 'topic'));
      await until('the crash', () => probe.crashes.length > 0, 40_000);
      expect(probe.crashes).toEqual([expect.objectContaining({ code: 'topic_not_authorised', retryable: false })]);
      await sender.close();
      await consumer.close();
    });
  });
}
