// SPDX-License-Identifier: Apache-2.0
// The crash matrix of the trust model for action, with processes of their own and kill -9.
import { OutcomeRecorded, PermitReturned } from '@nervus/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ActionMesh, type Decided } from './action-mesh.js';
import { ActionProcess } from './action-process.js';
import { sampleAction } from './sample-world.js';

let mesh: ActionMesh;
const processes: ActionProcess[] = [];
const start = async (): Promise<ActionProcess> => {
  const started = await ActionProcess.start(mesh);
  processes.push(started);
  return started;
};

beforeEach(async () => {
  mesh = await ActionMesh.open();
});
afterEach(async () => {
  await Promise.all(processes.splice(0).map((process) => process.kill()));
  await mesh.close();
});

const webhook = (): ReturnType<typeof sampleAction> => sampleAction('webhook.send');
const alert = (n: number): ReturnType<typeof sampleAction> => sampleAction('alert.log', { params: { channel: 'crash', severity: n % 100, title: `Alert ${n}`, text: '' } });
const order = (origin: string): ReturnType<typeof sampleAction> => sampleAction('http.request', { params: { method: 'POST', url: `${origin}/orders`, body: { hedge: true } } });

/** Takes the request, does what it asks for and never answers. */
function swallow(): void {
  mesh.sink.behave = ({ key }) => {
    mesh.sink.applied.set(key, (mesh.sink.applied.get(key) ?? 0) + 1);
    return true;
  };
}

describe('a process that is killed', () => {
  it('effect done, crash before the outcome: the target is asked again under the same key and the outcome follows', async () => {
    const first = await start();
    swallow();
    const decided = await mesh.decide(webhook(), 1);
    await mesh.world.when(() => mesh.sink.of(decided.key).length === 1, 'the call');
    await first.kill();
    mesh.sink.behave = () => false;
    await start();
    const outcome = await mesh.outcomeOf(decided);
    expect(outcome.data).toMatchObject({ result: 'succeeded', attempts: 2 });
    expect(mesh.sink.of(decided.key)).toHaveLength(2);
    expect(mesh.outcomesOf(decided)).toHaveLength(1);
  });

  it('effect done at a target that would do it twice: it is not sent again, and nobody guesses', async () => {
    const first = await start();
    swallow();
    const decided = await mesh.decide(order(mesh.sink.origin.replace('127.0.0.1', 'localhost')), 2);
    await mesh.world.when(() => mesh.sink.of(decided.key).length === 1, 'the call');
    await first.kill();
    mesh.sink.behave = () => false;
    await start();
    expect((await mesh.outcomeOf(decided)).data).toMatchObject({ result: 'unknown', code: 'interrupted', attempts: 1 });
    expect(mesh.sink.of(decided.key)).toHaveLength(1);
  });

  it('intent recorded, crash before the effect: the next process finds the receipt and does it once', async () => {
    mesh.present.audit = false;
    const first = await start();
    const decided = await mesh.decide(webhook(), 2);
    const intent = await mesh.intentOf(decided);
    await first.kill();
    await start();
    mesh.present.audit = true;
    const outcome = await mesh.outcomeOf(decided);
    expect(outcome.data).toMatchObject({ result: 'succeeded' });
    expect(mesh.sink.of(decided.key)).toHaveLength(1);
    const intents = mesh.world.seen.filter(({ id }) => id === intent.id);
    expect(new Set(intents.map(({ data }) => JSON.stringify(data))).size).toBe(1);
  });

  it('killed twice under load: every action has one outcome, every line and every message is there once', { timeout: 150_000 }, async () => {
    const first = await start();
    const decided = [...Array.from({ length: 300 }, (_, n) => mesh.decision(alert(n), 1)), ...Array.from({ length: 60 }, () => mesh.decision(webhook(), 2))];
    const outcomes = (): number => mesh.world.of(OutcomeRecorded).length;
    await mesh.publish(...decided);
    await mesh.world.when(() => outcomes() >= 40, 'the first outcomes');
    await first.kill();
    const before = outcomes();
    const second = await start();
    await mesh.world.when(() => outcomes() >= before + 40, 'more outcomes');
    await second.kill();
    await start();
    await mesh.world.when(() => new Set(mesh.world.of(OutcomeRecorded).map(({ data }) => data.actionId)).size === decided.length, 'all outcomes');
    const ids = new Map(mesh.world.of(OutcomeRecorded).map(({ id, data }) => [id, data.result]));
    expect(ids.size).toBe(decided.length);
    expect(new Set(ids.values())).toEqual(new Set(['succeeded']));
    expect(mesh.lines('crash').toSorted()).toEqual(decided.slice(0, 300).map(({ key }) => key).toSorted());
    for (const { key } of decided.slice(300)) expect(mesh.sink.of(key).length).toBeGreaterThanOrEqual(1);
  });
});

describe('a service that was away', () => {
  it('ten minutes of permits that nobody used come back, are ruled on again and are all carried out', async () => {
    const past = Math.floor(Date.now() / 1000) - 600;
    const decided = Array.from({ length: 150 }, (_, n) => mesh.decision(alert(n), 1, { permit: { nbf: past + n, exp: past + n + 300 } }));
    await mesh.publish(...decided);
    await start();
    const again = new Map<string, Decided>();
    await mesh.world.when(async () => {
      // As approval does: another permit for the same action under the policy of today.
      for (const { data } of mesh.world.of(PermitReturned)) {
        const { action } = decided.find((one) => one.action.actionId === data.actionId)!;
        if (!again.has(action.actionId)) again.set(action.actionId, await mesh.decide(action, 1));
      }
      return mesh.world.of(OutcomeRecorded).length === decided.length;
    }, 'all outcomes');
    expect(new Set(mesh.world.of(OutcomeRecorded).map(({ data }) => data.result))).toEqual(new Set(['succeeded']));
    expect(mesh.lines('crash').toSorted()).toEqual(decided.map(({ key }) => key).toSorted());
    expect(mesh.world.of(PermitReturned)).toHaveLength(decided.length);
  });
});
