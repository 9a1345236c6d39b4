// SPDX-License-Identifier: Apache-2.0
// A broker of its own, because it is killed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { physicalName, topics } from '@nervus/contracts';
import { type Infrastructure, startInfrastructure } from '@nervus/local-infrastructure';
import { configurationOf, topicsUsedBy } from '@nervus/messaging';
import { createKafkaJsClient } from '@nervus/messaging-kafkajs';
import { type RunningService, startService } from '@nervus/service-kit';
import { mongoUri, TestTrust, uniqueName } from '@nervus/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ingestionService } from '../src/ingestion.service.js';
import { type Answer, Sender, signedBy, writeSources } from './sender.js';

const prefix = `${uniqueName('outage')}.`;
let folder: string;
let infrastructure: Infrastructure;
let client: ReturnType<typeof createKafkaJsClient>;
let trust: TestTrust;
let service: RunningService<(typeof ingestionService)['config']['properties']>;
let sender: Sender;
const died: Error[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'outage-'));
  infrastructure = await startInfrastructure({ dataDir: join(folder, 'infrastructure'), database: 'memory', mongoUri: mongoUri(), ports: { broker: 27_392, controller: 27_393 } });
  client = createKafkaJsClient({ brokers: infrastructure.kafka.brokers, clientId: prefix, log: () => undefined });
  const admin = await client.admin();
  await admin.createTopics(topicsUsedBy('ingestion').map((declaration) => configurationOf(declaration, prefix)), { factor: 1, minInSync: 1 });
  await admin.close();
  trust = await TestTrust.create({ client, topicPrefix: prefix });
  const bundle = join(folder, 'trust-bundle.json');
  writeFileSync(bundle, trust.bundleFile.content);
  const environment = writeSources(folder, [{ name: 'orders', spec: { kind: 'webhook', auth: signedBy('default', 'orders') } }]);
  service = await startService(
    { ...ingestionService, introducer: (_, kit) => trust.introducerFor('ingestion', kit.identity.epoch) },
    {
      ...environment, KAFKA_BROKERS: infrastructure.kafka.brokers.join(','), MONGODB_URI: mongoUri(), NERVUS_DATABASE: prefix.replaceAll('.', ''), NERVUS_TOPIC_PREFIX: prefix,
      NERVUS_TRUST_BUNDLE: bundle, NERVUS_TRUST_BUNDLE_THUMBPRINT: trust.bundleFile.thumbprint, NERVUS_LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'error', NERVUS_ACKNOWLEDGE_SECONDS: '4',
    },
    (error) => died.push(error),
  );
  sender = Sender.to(`http://127.0.0.1:${service.httpPort}`, 'orders');
});
afterAll(async () => {
  await service?.stop();
  await trust?.close();
  await infrastructure?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Origin ids of all signals in Kafka, each with the ids it came under. */
async function signalsInKafka(): Promise<Map<string, Set<string>>> {
  const topic = physicalName(topics.ingestion.signals, prefix);
  const found = new Map<string, Set<string>>();
  const admin = await client.admin();
  const ends = (await admin.endOffsets(topic)).reduce((sum, { high }) => sum + high, 0n);
  await admin.close();
  const consumer = await client.consumer({ groupId: uniqueName('reader'), topics: [{ topic, from: 'beginning' }] });
  const { promise: complete, resolve } = Promise.withResolvers<void>();
  let read = 0n;
  await consumer.run({
    onBatch: ({ records }) => {
      for (const { value, headers } of records) {
        const { origin } = JSON.parse(String(value)) as { readonly origin: { readonly id: string } };
        found.set(origin.id, (found.get(origin.id) ?? new Set()).add(String(headers['ce_id'])));
        read += 1n;
      }
      if (read >= ends) resolve();
      return Promise.resolve();
    },
    onRebalance: () => undefined,
    onAssigned: () => undefined,
    onCrash: (error) => died.push(error),
  });
  await complete;
  await consumer.close();
  return found;
}

describe('a broker that is killed', () => {
  it('is answered with 503 within ten seconds, and nothing that was acknowledged is lost', { timeout: 120_000 }, async () => {
    const answers = new Map<string, { readonly answer: Answer; readonly ms: number }[]>();
    const send = async (id: string): Promise<number> => {
      const startedAt = Date.now();
      const answer = await sender.send({ id }, id);
      answers.set(id, [...(answers.get(id) ?? []), { answer, ms: Date.now() - startedAt }]);
      return answer.status;
    };
    const ids = Array.from({ length: 400 }, (_, n) => `m-${n}`);
    const sending: Promise<number>[] = [];
    let killed: Promise<void> | undefined;
    for (const [n, id] of ids.entries()) {
      sending.push(send(id));
      if (n === 150) killed = infrastructure.takeDown('broker', { signal: 'SIGKILL' });
      await pause(5);
    }
    await killed;
    await Promise.all(sending);
    const sinceKill = await Promise.all(Array.from({ length: 20 }, (_, n) => send(`late-${n}`)));
    expect(new Set(sinceKill)).toEqual(new Set([503]));

    const all = [...answers.values()].flat();
    expect(new Set(all.map(({ answer }) => answer.status))).toEqual(new Set([202, 503]));
    for (const { answer, ms } of all) {
      if (answer.status !== 503) continue;
      expect(ms).toBeLessThan(10_000);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(all.some(({ answer }) => answer.body['code'] === 'not_acknowledged')).toBe(true);
    expect(all.some(({ answer }) => answer.body['code'] === 'broker_unavailable')).toBe(true);

    await infrastructure.bringUp('broker');
    const acknowledgedBefore = [...answers].filter(([, given]) => given.some(({ answer }) => answer.status === 202)).map(([id]) => id);
    const open = [...answers.keys()].filter((id) => !acknowledgedBefore.includes(id));
    expect(acknowledgedBefore.length).toBeGreaterThan(0);
    expect(open.length).toBeGreaterThan(0);
    for (const id of open) while ((await send(id)) !== 202) await pause(100);

    const signals = await signalsInKafka();
    expect([...answers.keys()].filter((id) => !signals.has(id))).toEqual([]);
    expect([...signals.values()].filter((underIds) => underIds.size > 1)).toEqual([]);
    expect(died).toEqual([]);
  });
});
