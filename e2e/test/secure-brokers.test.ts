// SPDX-License-Identifier: Apache-2.0
// A broker as `npm start -- --secure` starts it: each way to prove oneself, and the whole matrix of who may do what.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { accessOf, allTopics, physicalName, services, topics } from '@nervus/contracts';
import { WorkloadKey } from '@nervus/trust';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../src/index.js';
import { clientKinds, clientOf, prefix, SecureBrokers, type Variables } from './secure-brokers.js';

const brokers = new SecureBrokers();
afterAll(() => brokers.close(), 60_000);

const signals = physicalName(topics.ingestion.signals, prefix);
const decisions = physicalName(topics.approval.decisions, prefix);
const record = (topic: string) => ({ topic, key: Buffer.from('k'), value: Buffer.from('{}'), headers: {} });

/** Writes as ingestion and reads as audit, each with its own proof; with both clients. */
async function expectToWork(): Promise<void> {
  for (const kind of clientKinds) {
    const producer = await clientOf(brokers.variablesOf('ingestion'), kind).producer();
    await producer.send([record(signals)]);
    await producer.close();
    const taken = Promise.withResolvers<void>();
    const consumer = await clientOf(brokers.variablesOf('audit'), kind).consumer({ groupId: `${prefix}audit.table.${crypto.randomUUID()}`, topics: [{ topic: signals, from: 'beginning' }] });
    await consumer.run({ onBatch: async () => taken.resolve(), onRebalance: () => undefined, onAssigned: () => undefined, onCrash: taken.reject });
    await taken.promise;
    await consumer.close();
  }
}

/** The client says that it is the proof that is wrong, does not try for ever, and does not show a secret. */
async function expectRefusal(variables: Variables, secret = ''): Promise<void> {
  for (const kind of clientKinds) {
    const refusal = await clientOf(variables, kind).admin().then(() => undefined, (error: unknown) => error);
    expect(refusal, kind).toMatchObject({ code: 'not_authenticated', retryable: false });
    if (secret !== '') expect(String(refusal)).not.toContain(secret);
  }
}

describe('a certificate', () => {
  beforeAll(() => brokers.start('mtls'), 200_000);

  it('lets a service in as itself', expectToWork);

  it('is needed, and must be of the authority of the brokers', async () => {
    const { KAFKA_CERT_FILE: _, KAFKA_KEY_FILE: __, ...without } = brokers.variablesOf('ingestion');
    await expect(clientOf(without).admin()).rejects.toMatchObject({ code: 'not_authenticated', retryable: false, message: expect.stringContaining('the broker refused the certificate of this client, or got none') });
    // The other client does not hear of the alert, which comes when the connection stands already.
    await expect(clientOf(without, 'platformatic').admin()).rejects.toMatchObject({ code: 'broker_unreachable', message: expect.stringContaining('or wants a certificate') });
  });

  it('is also wanted of the brokers: one of an unknown authority is not spoken to', async () => {
    const { KAFKA_CA_FILE: _, ...without } = brokers.variablesOf('ingestion');
    await expectRefusal(without);
  });

  it('may do exactly what is declared: every service, on every topic, every operation', async () => {
    for (const service of services) {
      const declared = new Map(accessOf(service, prefix).filter(({ resource }) => resource === 'topic').map(({ name, operations }) => [name, new Set<string>(operations)]));
      const { topics: allowed } = await brokers.operationsOf(service, []);
      expect(allowed.size).toBe(allTopics.length);
      for (const [topic, operations] of allowed) expect(new Set(operations), `${service} on ${topic}`).toEqual(declared.get(topic) ?? new Set());
    }
  });

  it('may use exactly the groups that are declared: its own, and the table groups of its processes', async () => {
    const groups = services.flatMap((service) => [prefix + service, `${prefix}${service}.table.1`]);
    for (const service of services) {
      const { groups: allowed } = await brokers.operationsOf(service, [...groups, 'stranger']);
      expect(allowed.size).toBe(groups.length + 1);
      for (const [group, operations] of allowed) {
        const rule = accessOf(service, prefix).find(({ resource, name, pattern }) => resource === 'group' && (pattern === 'literal' ? group === name : group.startsWith(name)));
        expect(new Set(operations), `${service} on ${group}`).toEqual(new Set<string>(rule?.operations));
      }
    }
  });

  it('is told in words what it may not do, and the broker keeps a record of it', async () => {
    const client = clientOf(brokers.variablesOf('ingestion'));
    const producer = await client.producer();
    await expect(producer.send([record(decisions)])).rejects.toMatchObject({ code: 'TOPIC_AUTHORIZATION_FAILED', retryable: false, message: `this client may not write to one of ${decisions}: grant Write and Describe as declared` });
    await producer.close();
    await expect(client.consumer({ groupId: `${prefix}ingestion`, topics: [{ topic: decisions, from: 'beginning' }] })).rejects.toMatchObject({ code: 'unknown_topic', message: expect.stringMatching(`no topic ${decisions} that this client may see: .*grant Describe`) });
    await expect(client.consumer({ groupId: `${prefix}audit`, topics: [{ topic: physicalName(topics.identity.workloads, prefix), from: 'beginning' }] })).rejects.toMatchObject({ code: 'group_not_authorised', message: expect.stringContaining(`${prefix}audit`) });
    await expect.poll(() => brokers.refusals).toContainEqual(expect.stringMatching(new RegExp(`Principal = User:ingestion is Denied operation = \\w+ .* on resource = Topic:LITERAL:${decisions.replaceAll('.', '\\.')} `)));
    expect(brokers.refusals).toContainEqual(expect.stringMatching(new RegExp(`Principal = User:ingestion is Denied operation = \\w+ .* on resource = Group:LITERAL:${prefix}audit `)));
  });

  it('makes nobody but the administrator able to create a topic', async () => {
    const admin = await clientOf(brokers.variablesOf('audit')).admin();
    await expect(admin.createTopics([{ topic: `${prefix}new`, partitions: 1, settings: {} }], { factor: 1, minInSync: 1 })).rejects.toMatchObject({ message: expect.stringContaining(`${prefix}new`), retryable: false });
    await admin.close();
  });

  it('loses what is no longer declared, while what is declared stays', async () => {
    const rules = (['Read', 'Write', 'Describe'] as const).map((operation) => ({ principal: 'ingestion', resource: 'topic' as const, name: signals, pattern: 'literal' as const, operations: [operation] }));
    await brokers.access.setRules(rules.slice(0, 1));
    await expect.poll(async () => (await brokers.operationsOf('ingestion', [])).topics.get(signals)).toEqual(['Read', 'Describe']);
    await brokers.access.setRules(rules);
    await expect.poll(async () => (await brokers.operationsOf('ingestion', [])).topics.get(signals)).toEqual(['Read', 'Write', 'Describe']);
    expect((await brokers.operationsOf('audit', [])).topics.get(signals)).toEqual([]);
  });
});

describe('the command line', () => {
  const nervus = (environment: Variables, ...words: readonly string[]): Promise<string> =>
    promisify(execFile)(process.execPath, [join(repositoryRoot, 'apps', 'cli', 'dist', 'main.js'), ...words], { env: environment }).then(({ stdout }) => stdout, ({ stdout, stderr }: { stdout: string; stderr: string }) => Promise.reject(new Error(stdout + stderr)));

  it('asks secure brokers with what the launcher left for it', async () => {
    const data = { NERVUS_DATA: brokers.dataFolderForTools(), NERVUS_TOPIC_PREFIX: prefix };
    expect(await nervus(data, 'topics', 'check')).toContain('as declared');
    expect(JSON.parse(await nervus(data, 'lag', '--json'))).toMatchObject({ topics: expect.any(Array) });
  });

  it('takes the variables of a service, and then may do what that service may', async () => {
    const audit = { ...brokers.variablesOf('audit'), NERVUS_TOPIC_PREFIX: prefix };
    await expect(nervus({ ...audit, KAFKA_KEY_FILE: '' }, 'lag')).rejects.toThrow('of KAFKA_CERT_FILE and KAFKA_KEY_FILE only one is set');
    await expect(nervus(audit, 'topics', 'check')).rejects.toThrow('what this user may not see counts as missing');
  });
});

describe('a password', () => {
  beforeAll(() => brokers.start('scram'), 200_000);

  it('lets a service in as itself', expectToWork);

  it('that is wrong is said to be that', async () => {
    await expectRefusal({ ...brokers.variablesOf('ingestion'), KAFKA_PASSWORD_FILE: brokers.file('wrong', 'quite-wrong') }, 'quite-wrong');
    await expectRefusal({ ...brokers.variablesOf('ingestion'), KAFKA_USERNAME: 'audit' });
  });
});

describe('a short-lived token', () => {
  beforeAll(() => brokers.start('oauth'), 200_000);

  it('lets a service in as its subject', expectToWork);

  it('of another issuer, for another audience, or that is none, is said to be refused', async () => {
    const others = [brokers.tokenOf('ingestion', { signer: WorkloadKey.generate() }), brokers.tokenOf('ingestion', { audience: 'nervus-identity' }), brokers.file('none', 'no.such.token')];
    for (const file of others) await expectRefusal({ ...brokers.variablesOf('ingestion'), KAFKA_TOKEN_FILE: file });
  });
});
