// SPDX-License-Identifier: Apache-2.0
// What time does to the mesh: keys that live for seconds rotate under load, services are away for longer than keys and
// permits live, and nothing is quarantined, lost or done twice. Lives are as short as they may be configured.
import { type DecisionMade, PermitReturned, topics, type WorkloadChanged } from '@nervus/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyCopy, waitUntil, whatWasFound } from '../src/index.js';
import { metricOf, patience, TestMesh } from './test-mesh.js';
import { send } from './webhooks.js';

/** Seconds that a workload key may sign, and that a permit lives at most. */
const lives = { key: 16, permit: 8 };

let world: TestMesh;
/** Subjects that ingestion accepted. */
const accepted: string[] = [];
let load: NodeJS.Timeout | undefined;
const sending = new Set<Promise<void>>();

beforeAll(async () => {
  world = await TestMesh.prepare({
    freshTokenMs: 2_000,
    environment: { identity: { NERVUS_KEY_SECONDS: String(lives.key) }, approval: { NERVUS_PERMIT_SECONDS: String(lives.permit) } },
  });
  await world.start();
}, 180_000);
afterAll(async () => {
  clearInterval(load);
  await world.close();
});

/** A few events a second, every fourth consequential, until it is cleared. */
function beginLoad(): void {
  let n = 0;
  load = setInterval(() => {
    const source = n % 4 === 0 ? 'consequential' : 'routine';
    const subject = `${source}-${n++}`;
    const one = send(world, { source, subject }).then((status) => void (status === 202 && accepted.push(subject)), () => undefined).finally(() => sending.delete(one));
    sending.add(one);
  }, 250);
}

const dataOf = <T>(value: Buffer | null): T => JSON.parse(String(value)) as T;
const enrolments = async (since = 0): Promise<WorkloadChanged[]> => (await world.read(topics.identity.workloads)).filter(({ value, appendedAt }) => value !== null && appendedAt > since).map(({ value }) => dataOf<WorkloadChanged>(value));
const everyEffect = (): Promise<unknown> => waitUntil('every effect', 2 * patience, () => accepted.every((subject) => world.desk.has(subject)));

/** Waits until all that still run have signed with so many newer keys. */
const rotated = (since: number, times: number, without: readonly string[] = []): Promise<unknown> =>
  waitUntil(`${times} new keys of every service`, 4 * patience, async () => {
    const known = await enrolments(since);
    return world.mesh.all().every(({ options: { service } }) => without.includes(service) || known.filter((workload) => workload.service === service).length >= times);
  }, 500);

describe('keys that live for seconds', () => {
  it('rotate under load: nothing is quarantined and nothing waits for ever', async () => {
    beginLoad();
    await rotated(Date.now(), 2);
    await everyEffect();
    expect(await world.quarantined()).toEqual([]);
    expect(accepted.length).toBeGreaterThan(10);
  }, 300_000);

  it('a process lives and is not ready while nobody can introduce its key', async () => {
    const [identity, reasoning] = [world.one('identity'), world.one('reasoning')];
    await Promise.all([identity, reasoning].map((member) => member.stop(30_000)));
    const before = (await world.read(topics.identity.enrolments)).length;
    world.mesh.startOne(reasoning);
    await waitUntil('its enrolment', patience, async () => (await world.read(topics.identity.enrolments)).slice(before).some(({ headers }) => headers['ce_source']?.endsWith('/reasoning')), 500);
    const look = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${reasoning.options.managementPort}/health/${path}`);
    expect((await look('live')).status).toBe(200);
    const ready = await look('ready');
    expect(ready.status).toBe(503);
    expect(await ready.text()).toContain('not known to the mesh yet');
    world.mesh.startOne(identity);
    await Promise.all([identity, reasoning].map((member) => member.ready(patience)));
    await everyEffect();
  }, 300_000);
});

describe('a service that is away', () => {
  it('action, for longer than two lives of keys and of permits: nothing is quarantined, lost or done twice, and the log verifies', async () => {
    const action = world.one('action');
    await action.stop(30_000);
    const since = Date.now();
    const before = accepted.length;
    // A key is renewed a little before half of its life is over, so five renewals are more than two lives.
    await rotated(since, 5, ['action']);
    expect(Date.now() - since).toBeGreaterThan(2_000 * Math.max(lives.key, lives.permit));
    const waiting = accepted.slice(before);
    expect(waiting.length).toBeGreaterThan(20);
    expect(waiting.filter((subject) => world.desk.has(subject))).toEqual([]);
    clearInterval(load);
    await Promise.all(sending);

    world.mesh.startOne(action);
    await action.ready(patience);
    await everyEffect();
    expect(world.desk.counts().duplicated).toBe(0);
    const returned = (await world.read(topics.action.outcomes)).filter(({ headers }) => headers['ce_type'] === PermitReturned.type).map(({ value }) => dataOf<PermitReturned>(value));
    expect(returned.length).toBeGreaterThan(0);
    expect(new Set(returned.map(({ code }) => code))).toEqual(new Set(['permit_expired']));
    const ruledAgain = (await world.read(topics.approval.decisions)).map(({ value }) => dataOf<DecisionMade>(value)).filter(({ ruling }) => ruling > 1);
    expect(ruledAgain.length).toBeGreaterThan(0);
    expect(new Set(ruledAgain.map(({ result, code }) => `${result} ${code}`))).toEqual(new Set(['permitted automatic']));

    expect(await world.quarantined()).toEqual([]);
    expect(await world.deadLetters()).toEqual([]);
    await waitUntil('the wait of audit for predecessors', patience, async () => (await metricOf(world.one('audit'), 'nervus_waiting_records')) === 0);
    await world.stopServices();
    const report = await verifyCopy(world.dataDir, world.desk.effects.map(({ key }) => ({ idempotencyKey: key })));
    expect(whatWasFound(report)).toEqual([]);
    expect(report).toMatchObject({ verdict: 'VERIFIED', effects: { withoutPermit: 0 } });
  }, 400_000);
});
