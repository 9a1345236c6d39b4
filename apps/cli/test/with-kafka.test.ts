// SPDX-License-Identifier: Apache-2.0
// The commands that ask the brokers themselves, on a real one; a prefix of its own keeps each test apart.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allTopics, IntelligenceProduced, physicalName, rootId, SignalAccepted, topicOf } from '@nervus/contracts';
import { eventOf, systemClock } from '@nervus/messaging';
import { createKafkaJsClient } from '@nervus/messaging-kafkajs';
import { kafkaBrokers, TestTrust, uniqueName } from '@nervus/testing';
import { describe, expect, it, vi } from 'vitest';
import { type Output, run } from '../src/run.js';

const brokers = kafkaBrokers().join(',');
const nervus = (prefix: string, ...words: string[]): Promise<Output> => run([...words, '--brokers', brokers, '--prefix', prefix], { environment: {}, folder: '/', now: Date.now, newId: () => 'x' });
const one = ['--replication', '1', '--min-in-sync', '1'];
const client = createKafkaJsClient({ brokers: kafkaBrokers(), clientId: 'with-kafka', log: () => undefined });
const signals = (prefix: string): string => physicalName(topicOf(SignalAccepted), prefix);

describe('nervus topics', () => {
  it('plans what is missing, applies it, and then finds everything as declared', async () => {
    const prefix = `${uniqueName('topics')}.`;
    const planned = JSON.parse((await nervus(prefix, 'topics', 'plan', '--json')).stdout) as { changes: { kind: string }[] };
    expect(planned.changes).toHaveLength(allTopics.length);
    expect((await nervus(prefix, 'topics', 'check')).exitCode).toBe(1);
    const applied = await nervus(prefix, 'topics', 'apply', ...one);
    expect([applied.stderr, applied.exitCode]).toEqual(['', 0]);
    expect(await nervus(prefix, 'topics', 'check')).toMatchObject({ exitCode: 0, stdout: `all ${allTopics.length} topics are as declared\n` });
  });

  it('mends settings, and grows a topic only when it is told to, since that moves keys', async () => {
    const prefix = `${uniqueName('topics')}.`;
    const admin = await client.admin();
    await admin.createTopics([{ topic: signals(prefix), partitions: 1, settings: { 'message.timestamp.type': 'CreateTime', 'retention.ms': '1000', 'max.message.bytes': '2000000' } }], { factor: 1, minInSync: 1 });
    const careful = await nervus(prefix, 'topics', 'apply', ...one);
    expect([careful.exitCode, careful.stdout]).toEqual([1, expect.stringContaining('not done without --grow')]);
    expect((await admin.describeTopics([signals(prefix)]))[0]).toMatchObject({ partitions: 1, settings: { 'message.timestamp.type': 'LogAppendTime', 'retention.ms': '2592000000', 'max.message.bytes': '2000000' } });
    expect((await nervus(prefix, 'topics', 'apply', '--grow', ...one)).exitCode).toBe(0);
    expect((await admin.describeTopics([signals(prefix)]))[0]).toMatchObject({ partitions: 3 });
    expect((await nervus(prefix, 'topics', 'check')).exitCode).toBe(0);
    await admin.close();
  });

  it('says what the brokers refuse and what to do about it', async () => {
    const { stderr, exitCode } = await nervus(`${uniqueName('topics')}.`, 'topics', 'apply');
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/the brokers refused: .*--replication/)]);
    expect((await nervus('x.', 'topics', 'apply', '--replication', 'none')).exitCode).toBe(64);
  });
});

describe('nervus lag', () => {
  it('counts what each service has not finished, also of one that never ran', async () => {
    const prefix = `${uniqueName('lag')}.`;
    await nervus(prefix, 'topics', 'apply', ...one);
    expect((await nervus(prefix, 'lag')).stdout).toBe('every service has finished all that was written\n');
    const producer = await client.producer();
    const records = Array.from({ length: 10 }, (_, n) => ({ topic: signals(prefix), key: Buffer.from(`k${n}`), value: Buffer.from('{}'), headers: {} }));
    // The leaders of topics made a moment ago may not know of it yet; the producer says then that it may be sent again.
    await vi.waitFor(() => producer.send(records), { timeout: 20_000 });
    await producer.close();
    const admin = await client.admin();
    const ends = await admin.endOffsets(signals(prefix));
    await admin.setOffsets(`${prefix}reasoning`, ends.map(({ topic, partition, high }) => ({ topic, partition, offset: high > 0n ? high - 1n : 0n })));
    await admin.close();
    const { topics } = JSON.parse((await nervus(prefix, 'lag', '--json')).stdout) as { topics: { service: string; topic: string; records: number }[] };
    expect(topics.find(({ service }) => service === 'reasoning')?.records).toBe(ends.filter(({ high }) => high > 0n).length);
    expect(topics.find(({ service }) => service === 'audit')?.records).toBe(10);
  });

  it('brokers that do not answer are named', async () => {
    const { stderr, exitCode } = await run(['lag', '--brokers', '127.0.0.1:1'], { environment: {}, folder: '/', now: Date.now, newId: () => 'x' });
    expect([exitCode, stderr]).toEqual([69, expect.stringContaining('127.0.0.1:1')]);
    expect((await run(['lag'], { environment: {}, folder: '/', now: Date.now, newId: () => 'x' })).stderr).toContain('KAFKA_BROKERS');
  });
});

describe('nervus events tail', () => {
  it('shows what the mesh concluded, verified and inert, and ends after as many as asked for', async () => {
    const prefix = `${uniqueName('tail')}.`;
    await nervus(prefix, 'topics', 'apply', ...one);
    const trust = await TestTrust.create({ client, topicPrefix: prefix });
    const data = { ...IntelligenceProduced.examples[0]!, title: 'Rates \u202Eevil' };
    await trust.publishAs('reasoning', ['a', 'b'].map((subject) => eventOf(IntelligenceProduced, { tenant: 'default', key: subject, id: rootId(Date.now()), subject, data: { ...data, subject } }, systemClock)));
    const folder = mkdtempSync(join(tmpdir(), 'nervus-tail-'));
    writeFileSync(join(folder, 'bundle.json'), trust.bundleFile.content);
    const lines: string[] = [];
    const tail = (...words: string[]): Promise<Output> => run(['events', 'tail', '--brokers', brokers, '--prefix', prefix, '--trust', 'bundle.json', '--from', 'beginning', ...words], { environment: {}, folder, now: Date.now, newId: () => 'x', emit: (line) => lines.push(line) });
    expect(await tail('--count', '2')).toMatchObject({ exitCode: 0, stdout: '2 events\n', stderr: '' });
    // Two keys, perhaps two partitions: either may come first.
    expect(lines.toSorted((x, y) => x.slice(24).localeCompare(y.slice(24)))).toEqual([expect.stringMatching(/brief +severity +20 .* a .*Rates/), expect.stringMatching(/ b /)]);
    expect(lines.join('')).not.toContain('\u202E');
    lines.length = 0;
    await tail('--count', '1', '--json', '--topic', 'intelligence');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ tenant: 'default', subject: expect.stringMatching(/^[ab]$/), type: IntelligenceProduced.type });
    expect(await tail('--count', '0')).toMatchObject({ exitCode: 64 });
    expect(await tail('--trust', 'none.json')).toMatchObject({ exitCode: 66 });
    await trust.close();
    rmSync(folder, { recursive: true });
  });
});
