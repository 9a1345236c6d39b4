// SPDX-License-Identifier: Apache-2.0
// A subscriber on a real broker: what reaches it, what does not, and what comes again.
import { IntelligenceProduced, OutcomeRecorded, physicalName, RevocationIssued, rootId, subscriberTopics, topics } from '@nervus/contracts';
import { configurationOf, eventOf, type KafkaClient, type Received, systemClock } from '@nervus/messaging';
import { createKafkaJsClient } from '@nervus/messaging-kafkajs';
import { kafkaBrokers, TestTrust, uniqueName } from '@nervus/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RefusedRecord, Subscriber, type SubscriberOptions } from '../src/subscribe/index.js';

const conclusion = IntelligenceProduced.examples[0]!;
const outcome = OutcomeRecorded.examples[0]!;
let prefix: string;
let client: KafkaClient;
let trust: TestTrust;
const running: Subscriber[] = [];
const refused: RefusedRecord[] = [];
const fatal: Error[] = [];

beforeEach(async () => {
  prefix = `${uniqueName('subscribe')}.`;
  client = createKafkaJsClient({ brokers: kafkaBrokers(), clientId: 'subscribe', log: () => undefined });
  const admin = await client.admin();
  await admin.createTopics(subscriberTopics.map((declaration) => configurationOf(declaration, prefix)), { factor: 1, minInSync: 1 });
  await admin.close();
  trust = await TestTrust.create({ client, topicPrefix: prefix });
  refused.length = fatal.length = 0;
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((subscriber) => subscriber.close({ drainMs: 1_000 })));
  await trust.close();
  expect(fatal).toEqual([]);
});

async function subscribe(options: Partial<SubscriberOptions>): Promise<Subscriber> {
  const subscriber = new Subscriber({
    name: 'shop', kafka: { brokers: kafkaBrokers() }, topicPrefix: prefix, trustBundle: trust.bundleFile.content, trustBundleThumbprint: trust.bundleFile.thumbprint, from: 'beginning',
    onRefused: (record) => refused.push(record), onFatal: (error) => fatal.push(error), ...options,
  });
  running.push(subscriber);
  await subscriber.start();
  return subscriber;
}
async function end(subscriber: Subscriber, drainMs = 10_000): Promise<void> {
  running.splice(running.indexOf(subscriber), 1);
  await subscriber.close({ drainMs });
}
const conclude = (subject: string, tenant = 'default') => trust.publishAs('reasoning', [eventOf(IntelligenceProduced, { tenant, key: subject, id: rootId(Date.now()), subject, data: conclusion }, systemClock)]);
const subjectsOf = (seen: readonly Received<unknown>[]): unknown[] => seen.map(({ subject }) => subject);
const until = (holds: () => void | Promise<void>): Promise<void> => vi.waitFor(holds, { timeout: 30_000, interval: 20 });

describe('a subscriber', () => {
  it('gets what the mesh concluded and did, typed, with where it stands', async () => {
    const conclusions: Received<IntelligenceProduced>[] = [];
    const outcomes: Received<OutcomeRecorded>[] = [];
    await conclude('ACME');
    await trust.publishAs('action', [eventOf(OutcomeRecorded, { tenant: 'default', key: outcome.runId, id: rootId(Date.now()), data: outcome, extensions: extensionsOf(OutcomeRecorded) }, systemClock)]);
    await subscribe({ intelligence: async (event) => void conclusions.push(event), outcome: async (event) => void outcomes.push(event) });
    await until(() => expect([conclusions.length, outcomes.length]).toEqual([1, 1]));
    expect(conclusions[0]).toMatchObject({ tenant: 'default', subject: 'ACME', key: 'default/ACME', data: conclusion, producer: { service: 'reasoning' }, origin: { topic: physicalName(topics.reasoning.intelligence, prefix) } });
    expect(outcomes[0]?.data.result).toBe(outcome.result);
    expect(refused).toEqual([]);
  });

  it('never gets what another than its declared producer signed, and is told so', async () => {
    const seen: Received<unknown>[] = [];
    await trust.publishAs('action', [eventOf(OutcomeRecorded, { tenant: 'default', key: outcome.runId, id: rootId(Date.now()), data: outcome, extensions: extensionsOf(OutcomeRecorded) }, systemClock)]);
    const producer = await client.producer();
    await producer.send([{ topic: physicalName(topics.reasoning.intelligence, prefix), key: Buffer.from('default/ACME'), value: Buffer.from(JSON.stringify(conclusion)), headers: { ce_type: Buffer.from(IntelligenceProduced.type) } }]);
    await producer.close();
    await subscribe({ intelligence: async (event) => void seen.push(event) });
    await conclude('after');
    await until(() => expect(subjectsOf(seen)).toEqual(['after']));
    expect(refused).toMatchObject([{ code: 'forged_record', topic: physicalName(topics.reasoning.intelligence, prefix) }]);
  });

  it('gets nothing more of a key that was revoked', async () => {
    const seen: Received<unknown>[] = [];
    await subscribe({ intelligence: async (event) => void seen.push(event) });
    await conclude('before');
    await until(() => expect(subjectsOf(seen)).toEqual(['before']));
    const subject = `workload:${trust.kidOf('reasoning')}`;
    const now = new Date().toISOString();
    await trust.publishAs('identity', [eventOf(RevocationIssued, { key: subject, id: rootId(Date.now()), data: { subject, at: now, reason: 'copied', expiresAt: '2999-01-01T00:00:00.000Z', version: 1 } }, systemClock)]);
    await until(async () => {
      await conclude('revoked');
      expect(refused.map(({ code }) => code)).toContain('key_revoked');
    });
  });

  it('gets an event again until its handler is through, and what has other keys meanwhile', async () => {
    const seen: string[] = [];
    const failures: number[] = [];
    await conclude('hard');
    await conclude('easy');
    await subscribe({
      intelligence: async ({ subject = '' }, { attempt }) => {
        if (subject === 'hard' && attempt < 3) throw new Error('the shop is away');
        seen.push(subject);
      },
      onFailed: (_, __, attempt) => failures.push(attempt),
      random: () => 0,
    });
    await until(() => expect(seen.toSorted()).toEqual(['easy', 'hard']));
    expect(failures).toEqual([1, 2]);
  });

  it('that closes has committed what it finished, and the next goes on there', async () => {
    const [first, second]: [Received<unknown>[], Received<unknown>[]] = [[], []];
    const one = await subscribe({ intelligence: async (event) => void first.push(event) });
    await conclude('a');
    await until(() => expect(subjectsOf(first)).toEqual(['a']));
    await end(one);
    await conclude('b');
    await subscribe({ intelligence: async (event) => void second.push(event) });
    await until(() => expect(subjectsOf(second)).toEqual(['b']));
  });

  it('that ends in the middle of an event has it handled by the next', async () => {
    const seen: Received<unknown>[] = [];
    const begun = Promise.withResolvers<void>();
    const stuck = await subscribe({
      intelligence: (_, { signal }) => {
        begun.resolve();
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('the partition is gone')));
        });
      },
    });
    await conclude('a');
    await begun.promise;
    await end(stuck, 300);
    await subscribe({ intelligence: async (event) => void seen.push(event) });
    await until(() => expect(subjectsOf(seen)).toEqual(['a']));
  });

  it('of one tenant is not handed what belongs to another', async () => {
    const seen: Received<unknown>[] = [];
    await conclude('theirs', 'other');
    await conclude('ours');
    await subscribe({ tenant: 'default', intelligence: async (event) => void seen.push(event) });
    await until(() => expect(subjectsOf(seen)).toEqual(['ours']));
  });

  it('with the trust bundle of another installation is refused before it reads', () => {
    const options = { name: 'shop', kafka: { brokers: kafkaBrokers() }, trustBundle: trust.bundleFile.content, intelligence: () => Promise.resolve(), onFatal: () => undefined };
    expect(() => new Subscriber({ ...options, trustBundleThumbprint: 'x'.repeat(43) })).toThrow(expect.objectContaining({ code: 'bundle_not_pinned' }));
    expect(() => new Subscriber({ ...options, name: 'Shop.One' })).toThrow(/no name of a subscriber/);
  });
});

/** Signed headers that the type demands, as any value. */
function extensionsOf(type: typeof OutcomeRecorded): Record<string, string> {
  return Object.fromEntries(type.extensions.required.map((name) => [name, 'x'.repeat(43)]));
}
