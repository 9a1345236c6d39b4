// SPDX-License-Identifier: Apache-2.0
// One event through seven services that run as processes of their own: its effect, its entries in the log, its trace.
// Then two tenants, forgers and a stop; abuse cases by their numbers in the trust model.
import { randomBytes } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  allTopics, CredentialAnswered, CredentialRequested, DecisionMade, FindingRaised, IntelligenceProduced, IntentRecorded, OutcomeRecorded, ownTopics, physicalName, ProposalMade, rootId, RunChanged, SignalAccepted, topicOf, topics,
} from '@nervus/contracts';
import type { OutgoingEvent } from '@nervus/messaging';
import type { ServiceProcess } from '@nervus/scripts/mesh';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Folders, type StoredRecord, waitUntil } from '../src/index.js';
import { copyRecord, Impostor } from './impostor.js';
import { entriesOf } from './log-entries.js';
import { nervus } from './nervus.js';
import { metricOf, patience, TestMesh } from './test-mesh.js';
import { send } from './webhooks.js';

let world: TestMesh;
/** What each process said of its readiness while it started, each answer once. */
const answers = new Map<string, Set<string>>();

beforeAll(async () => {
  world = await TestMesh.prepare({ replicas: { action: 2 }, lay: secondTenant, signedSources: ['other-routine'], environment: { all: { NERVUS_LOG_LEVEL: 'debug' } } });
  const starting = world.start();
  await Promise.all([starting, ...world.mesh.all().map(watchReadiness)]);
}, 180_000);
afterAll(() => world.close());

/** The tenant `other` has a source and an agent of the same names, and a secret of its own. */
function secondTenant({ agents, sources }: Folders): void {
  const [agent, source] = [join(agents, 'other-relay-routine'), join(sources, 'other-routine.yaml')];
  cpSync(join(agents, 'relay-routine'), agent, { recursive: true });
  cpSync(join(sources, 'routine.yaml'), source);
  for (const file of [join(agent, 'agent.yaml'), source]) writeFileSync(file, readFileSync(file, 'utf8').replace('\nmetadata:\n', '\nmetadata:\n  tenant: other\n').replace('[routine.secret]', '[other-routine.secret]'));
}

async function watchReadiness(member: ServiceProcess): Promise<void> {
  const seen = new Set<string>();
  answers.set(member.options.instance, seen);
  await waitUntil(`${member.options.instance} ready`, 120_000, async () => {
    const answer = await fetch(`http://127.0.0.1:${member.options.managementPort}/health/ready`).catch(() => undefined);
    if (answer) seen.add(answer.ok ? 'ready' : await answer.text());
    return answer?.ok;
  }, 20);
}

/** Records that follow from one signal, itself included. */
async function chainOf(signal: StoredRecord): Promise<StoredRecord[]> {
  const records = await world.read(...allTopics.filter(({ audited }) => audited));
  return records.filter(({ headers }) => headers['ce_correlationid'] === signal.headers['ce_id']);
}

const ofSubject = (subject: string, tenant = 'default') => ({ key }: StoredRecord): boolean => key === `${tenant}/${subject}`;
const dataOf = <T>({ value }: StoredRecord): T => JSON.parse(String(value)) as T;
const traceIdOf = (traceparent: string | undefined): string | undefined => traceparent?.split('-')[1];

describe('every process', () => {
  it('is ready only when its tables are loaded, its key is known and its consumers have joined', () => {
    for (const [instance, seen] of answers) {
      const said = [...seen];
      expect(said.at(-1), instance).toBe('ready');
      expect(said.slice(0, -1).every((text) => /tables are being loaded|key is not known|group is not joined|is starting|log is not open/.test(text)), `${instance}: ${said.join(' ')}`).toBe(true);
      expect(said.length, `${instance} was ready at its first word`).toBeGreaterThan(1);
    }
    expect(answers.size).toBe(8);
  });

  it('says that it lives, and what it counts', async () => {
    for (const { options } of world.mesh.all()) {
      const base = `http://127.0.0.1:${options.managementPort}`;
      expect((await fetch(`${base}/health/live`)).status, options.instance).toBe(200);
      const metrics = await fetch(`${base}/metrics`);
      expect(metrics.headers.get('content-type')).toContain('text/plain');
      expect(await metrics.text()).toMatch(/^nervus_records_published_total\{.*\} [1-9]/m);
    }
  });
});

describe('a signed webhook', () => {
  it('becomes one effect and entries in the log, under one trace from the sender to the log and in the logs of the services', async () => {
    const subject = 'one-event';
    const traceId = randomBytes(16).toString('hex');
    expect(await send(world, { source: 'consequential', subject, headers: { traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01` } })).toBe(202);
    const [signal] = await world.until(SignalAccepted, ofSubject(subject));
    await waitUntil('the effect at the desk', patience, () => world.desk.has(subject));
    await world.until(OutcomeRecorded, ({ headers }) => headers['ce_correlationid'] === signal!.headers['ce_id']);
    const chain = await waitUntil('the end of the run', patience, async () => {
      const found = await chainOf(signal!);
      return found.some((record) => record.headers['ce_type'] === RunChanged.type && dataOf<RunChanged>(record).state === 'completed') && found;
    }, 300);

    const types = new Set(chain.map(({ headers }) => headers['ce_type']));
    for (const { type } of [SignalAccepted, RunChanged, IntelligenceProduced, ProposalMade, DecisionMade, IntentRecorded, CredentialRequested, CredentialAnswered, OutcomeRecorded]) expect(types).toContain(type);
    expect(new Set(chain.map(({ headers }) => traceIdOf(headers['ce_traceparent'])))).toEqual(new Set([traceId]));
    const outcome = dataOf<OutcomeRecorded>(chain.find(({ headers }) => headers['ce_type'] === OutcomeRecorded.type)!);
    expect(outcome).toMatchObject({ result: 'succeeded', tier: 2, attempts: 1 });
    expect(world.desk.effects.filter((effect) => effect.subject === subject).map(({ key }) => key)).toEqual([outcome.idempotencyKey]);

    const numbers = new Set(chain.map(({ headers }) => headers['nervus-sequence']));
    const logged = await waitUntil('an entry of each record', patience, async () => {
      const entries = (await entriesOf(join(world.dataDir, 'audit', 'log'))).filter(({ headers }) => numbers.has(headers['nervus-sequence']));
      return entries.length === numbers.size && entries;
    }, 300);
    expect(new Set(logged.map(({ headers }) => traceIdOf(headers['ce_traceparent'])))).toEqual(new Set([traceId]));

    for (const service of ['ingestion', 'reasoning', 'approval', 'action', 'identity', 'console'] as const) {
      await waitUntil(`a line of ${service} under the trace`, patience, () => world.logOf(service).some((line) => line['traceId'] === traceId));
      expect(world.logOf(service).every((line) => line['service'] === service && typeof line['message'] === 'string')).toBe(true);
    }
  });

  it('has one effect, whichever of two processes of action asks for receipt and credential', async () => {
    const subjects = Array.from({ length: 40 }, (_, n) => `shared-${n}`);
    expect(new Set(await Promise.all(subjects.map((subject) => send(world, { source: 'consequential', subject }))))).toEqual(new Set([202]));
    await waitUntil('all effects', patience, () => subjects.every((subject) => world.desk.has(subject)));
    expect(world.desk.counts().duplicated).toBe(0);
    const decisions = physicalName(topics.approval.decisions, world.prefix);
    for (const member of world.mesh.processesOf('action')) expect(await metricOf(member, 'nervus_records_consumed_total', decisions), member.options.instance).toBeGreaterThan(0);
  });
});

describe('two tenants', () => {
  it('never see each other: same source, same event, same agent, two of everything', async () => {
    const subject = 'same-event';
    expect(await send(world, { source: 'routine', subject, tenant: 'other' })).toBe(401);
    expect(await send(world, { source: 'routine', subject })).toBe(202);
    expect(await send(world, { source: 'routine', subject, tenant: 'other', secret: 'other-routine' })).toBe(202);
    const effects = await waitUntil('both effects', patience, () => {
      const found = world.desk.effects.filter((effect) => effect.subject === subject);
      return found.length === 2 && found;
    });
    const keys = new Set(effects.map(({ key }) => key));
    expect(keys.size).toBe(2);
    for (const tenant of ['default', 'other']) {
      const [signal] = await world.until(SignalAccepted, ofSubject(subject, tenant));
      const chain = await chainOf(signal!);
      expect(new Set(chain.map(({ headers }) => headers['ce_tenantid']))).toEqual(new Set([tenant]));
      expect(chain.filter(({ headers, key }) => headers['ce_type'] !== CredentialAnswered.type && !key.startsWith(`${tenant}/`))).toEqual([]);
      keys.delete(dataOf<OutcomeRecorded>((await world.until(OutcomeRecorded, ({ headers }) => headers['ce_correlationid'] === signal!.headers['ce_id']))[0]!).idempotencyKey);
    }
    expect(keys.size).toBe(0);
  });
});

describe('a stop', () => {
  it('#11: between permit and effect it is obeyed, and nothing happens after it was acknowledged until two persons lift it', async () => {
    const audit = world.one('audit');
    await audit.stop(30_000);
    await send(world, { source: 'consequential', subject: 'stopped-in-between' });
    const [signal] = await world.until(SignalAccepted, ofSubject('stopped-in-between'));
    await world.until(IntentRecorded, ({ headers }) => headers['ce_correlationid'] === signal!.headers['ce_id']);
    const { stopId } = await nervus(world, 'olga', 'stop', 'tool=http.request', '--reason', 'A drill in the middle of an action.');
    const acknowledgedAt = Date.now();
    world.mesh.startOne(audit);
    await send(world, { source: 'consequential', subject: 'stopped-before' });
    const [outcome] = await world.until(OutcomeRecorded, ({ headers }) => headers['ce_correlationid'] === signal!.headers['ce_id']);
    expect(dataOf<OutcomeRecorded>(outcome!)).toMatchObject({ result: 'failed', code: 'stopped', attempts: 0 });
    const [later] = await world.until(SignalAccepted, ofSubject('stopped-before'));
    await world.until(RunChanged, (record) => record.headers['ce_correlationid'] === later!.headers['ce_id'] && dataOf<RunChanged>(record).state === 'stopped');
    expect(world.desk.effects.filter(({ at, subject }) => at > acknowledgedAt && subject.startsWith('stopped'))).toEqual([]);
    await audit.ready(patience);

    for (const person of ['nora', 'theo']) await nervus(world, person, 'resume', String(stopId), '--reason', 'The drill is over.');
    await send(world, { source: 'consequential', subject: 'after-the-stop' });
    await waitUntil('the effect after the stop', patience, () => world.desk.has('after-the-stop'));
  });
});

describe('forged records', () => {
  const asEvent = ({ headers, value }: StoredRecord, change: Partial<OutgoingEvent>): OutgoingEvent => ({
    id: rootId(Date.now()), type: headers['ce_type']!, topic: topics.approval.decisions.name, key: '', tenant: headers['ce_tenantid']!, time: headers['ce_time']!, correlationId: headers['ce_correlationid']!, hops: Number(headers['ce_hops']), value: String(value), extensions: {}, ...change,
  });
  /** Waits for the report of a service about a record that holds this key. */
  const refusedBy = async (service: 'action' | 'approval', topic: string, before: number): Promise<string[]> =>
    waitUntil(`a report of ${service}`, patience, async () => {
      const reports = (await world.read(ownTopics(service).quarantine)).map((record) => dataOf<{ topic: string; code: string }>(record)).filter((report) => report.topic === topic);
      return reports.length > before && reports.map(({ code }) => code);
    }, 300);

  it('#7, #17, #23: are quarantined with the reason and told of, move nothing and hold up nobody', async () => {
    const decisions = physicalName(topics.approval.decisions, world.prefix);
    const [genuine] = await world.until(DecisionMade, ({ headers }) => headers['ce_permit'] !== undefined);
    const [proposal] = await world.until(ProposalMade, () => true);
    const extensions = { actiondigest: genuine!.headers['ce_actiondigest']!, tier: genuine!.headers['ce_tier']!, permit: genuine!.headers['ce_permit']! };
    const effects = world.desk.counts();
    const impostor = await Impostor.enrolled(world, 'reasoning');
    const stranger = new Impostor(world, 'approval');
    try {
      // A real process of reasoning writes a decision.
      await impostor.publish(asEvent(genuine!, { key: `default/${rootId(Date.now())}`, extensions }));
      expect(await refusedBy('action', decisions, 0)).toEqual(['forged_record']);
      // Nobody knows the key.
      await stranger.publish(asEvent(genuine!, { key: `default/${rootId(Date.now())}`, extensions }));
      expect(await refusedBy('action', decisions, 1)).toContain('unknown_key');
      // A genuine record, under the key of another run.
      await copyRecord({ ...genuine!, key: `default/${rootId(Date.now())}` });
      expect(await refusedBy('action', decisions, 2)).toEqual(expect.arrayContaining(['forged_record', 'unknown_key', 'forged_record']));
      // A real process of reasoning writes for one tenant under the key of another.
      const proposals = physicalName(topicOf(ProposalMade), world.prefix);
      await impostor.publish(asEvent(proposal!, { topic: topics.reasoning.proposals.name, key: `other/${rootId(Date.now())}`, extensions: { actiondigest: proposal!.headers['ce_actiondigest']! } }));
      expect(await refusedBy('approval', proposals, 0)).toEqual(['tenant_mismatch']);
    } finally {
      await impostor.close();
      await stranger.close();
    }
    await world.until(FindingRaised, ({ value }) => /forged_record|unknown_key/.test(String(value)), 3);
    expect(world.logOf('action').some((line) => line['alert'] === true && line['code'] === 'forged_record')).toBe(true);
    expect(world.desk.counts()).toEqual(effects);
    expect(await world.deadLetters()).toEqual([]);
    await send(world, { source: 'routine', subject: 'after-the-forgers' });
    await waitUntil('the effect after the forgers', patience, () => world.desk.has('after-the-forgers'));
  });
});
