// SPDX-License-Identifier: Apache-2.0
import { AgentChanged, derivedId, IntelligenceProduced, ProposalMade, RunChanged, runIdOf } from '@nervus/contracts';
import { digestOf, digestOfAction } from '@nervus/trust';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReasoningMesh } from './reasoning-mesh.js';

let mesh: ReasoningMesh;
beforeAll(async () => {
  mesh = await ReasoningMesh.open();
  mesh.install('market-news');
  await mesh.beat();
  await Promise.all([mesh.start(), mesh.start()]);
});
afterAll(() => mesh.close());

const proposalsOf = (runId: string, count: number) => mesh.until(ProposalMade, ({ action }) => action.runId === runId, count);
const fine = (company: string) => ({ title: `${company} fined 20 million`, summary: `The regulator fined ${company} for late disclosures.` });

describe('agents', () => {
  it('are published once by two processes, and what is published hashes to the digest', async () => {
    const published = await mesh.until(AgentChanged, ({ name }) => name === 'market-news');
    // A record may come twice, as any record may; there is one change, with one id.
    expect(new Set(published.map((one) => one.id)).size).toBe(1);
    const [{ data, key }] = published as [(typeof published)[number]];
    expect(key).toBe('default/market-news');
    expect(data).toMatchObject({ version: '1.0.0', owner: 'group:risk-desk', editors: ['person:olga'], enabled: true, recordVersion: 1 });
    expect(digestOf(data.manifest)).toBe(data.digest);
  });

  it('a bad file and a changed one under the same number never replace the version in force; a new number does', async () => {
    mesh.write('market-news', 'rules.yaml', (text) => text.replace('memory: 72h', 'memory: 71h'));
    mesh.write('market-news', 'agent.yaml', (text) => text.replace('mode: rules', 'mode: rulez'));
    const before = await mesh.signal(fine('Halden Steel'));
    expect((await mesh.run(before)).agent.version).toBe('1.0.0');
    mesh.write('market-news', 'agent.yaml', (text) => text.replace('mode: rulez', 'mode: rules').replace('version: 1.0.0', 'version: 1.1.0'));
    const [changed] = await mesh.until(AgentChanged, ({ version }) => version === '1.1.0');
    expect(changed?.data.recordVersion).toBe(2);
    expect(new Set(mesh.of(AgentChanged, ({ name }) => name === 'market-news').map((one) => one.id)).size).toBe(2);
  });
});

describe('a signal', () => {
  it('becomes a run, a brief that cites it and exact proposals, in one change', async () => {
    const id = await mesh.signal({ title: 'Norrland Bank defaults on 300 million euro bond', summary: 'Norrland Bank failed to pay a coupon.', link: 'https://news.example/1' });
    const run = await mesh.run(id, 'waiting');
    expect(run.runId).toBe(runIdOf('default', 'market-news', id));
    expect(run).toMatchObject({ version: 1, trigger: { eventId: id, kind: 'feed.item', source: 'central-banks' } });
    expect(run.steps.map((step) => step.kind)).toEqual(['perceive', 'rules', 'intelligence', 'propose', 'propose', 'propose']);
    const proposals = await proposalsOf(run.runId, 3);
    expect(run.waitingFor).toEqual(proposals.map(({ data }) => data.action.actionId));
    expect(proposals.map(({ data }) => `${data.action.tool}.${data.action.operation} ${data.action.effect} ${data.action.target}`)).toEqual(['alert.log write alert-log:market-news', 'webhook.send message webhook:risk-desk', 'http.request irreversible POST http://127.0.0.1:4580/positions/hedges']);
    const [alert] = proposals;
    expect(alert?.headers).toMatchObject({ ce_actiondigest: digestOfAction(alert!.data.action), ce_causationid: id, ce_correlationid: id, ce_tenantid: 'default' });
    expect(alert?.data.labels['/channel']).toEqual({ src: [], trust: 'owner', class: 'internal' });
    expect(alert?.data.labels['/text']).toMatchObject({ trust: 'untrusted', class: 'public', src: expect.arrayContaining([`${id}#/content/title`]) });
    expect(Object.keys(alert!.data.labels).sort()).toEqual(Object.keys(alert!.data.action.params).map((name) => `/${name}`).sort());
    expect(alert?.data.sources).toEqual([{ eventId: id, title: 'Norrland Bank defaults on 300 million euro bond', excerpt: 'Norrland Bank failed to pay a coupon.', link: 'https://news.example/1' }]);
    const [brief] = await mesh.until(IntelligenceProduced, ({ runId }) => runId === run.runId);
    expect(brief?.data).toMatchObject({ kind: 'brief', severity: 100, trust: 'untrusted', class: 'internal', subject: 'central-banks' });
    for (const statement of brief!.data.statements) expect(statement.src.length, statement.text).toBeGreaterThan(0);

    await mesh.decide(alert!.data, 'permitted', 'automatic');
    await mesh.outcome(proposals[0]!.data, 'succeeded');
    await mesh.outcome(proposals[1]!.data, 'unknown', 'timeout');
    await mesh.decide(proposals[2]!.data, 'refused', 'rejected');
    const [waiting] = await mesh.until(RunChanged, ({ runId, waitingFor }) => runId === run.runId && waitingFor?.length === 1);
    expect(waiting?.data.waitingFor).toEqual([proposals[1]!.data.action.actionId]);
    await mesh.outcome(proposals[1]!.data, 'succeeded', 'reconciled');
    const done = await mesh.run(id, 'completed');
    expect(done.steps.filter((step) => step.kind === 'outcome' || step.kind === 'decision').map((step) => step.summary).sort()).toEqual(['alert.log succeeded: done', 'http.request refused: rejected', 'webhook.send succeeded: reconciled', 'webhook.send unknown: timeout']);
  });

  it('a redelivered signal makes no second run, brief or proposal', async () => {
    const content = { title: 'Orbis Payments hit by outage', summary: 'An outage stopped Orbis Payments.' };
    const id = await mesh.signal(content);
    await mesh.signal(content, { id });
    await mesh.signal(content, { id });
    const fence = await mesh.signal(fine('Cobalt Air'));
    await mesh.run(fence);
    const { runId } = await mesh.run(id, 'waiting');
    expect(mesh.of(RunChanged, (run) => run.runId === runId)).toHaveLength(1);
    expect(mesh.of(IntelligenceProduced, (one) => one.runId === runId)).toHaveLength(1);
    expect(mesh.of(ProposalMade, ({ action }) => action.runId === runId)).toHaveLength(2);
  });

  it('the same story from another source joins it: no second brief, no second alert', async () => {
    const story = { title: 'Southport Insurance hit by ransomware', summary: 'Southport Insurance confirmed that a ransomware attack locked its servers. No date was given for the return of normal service.' };
    const first = await mesh.signal(story);
    await mesh.run(first, 'waiting');
    const again = await mesh.signal({ ...story, title: `UPDATE 2-${story.title}` }, { source: 'regulators', subject: 'regulators' });
    const run = await mesh.run(again, 'completed');
    expect(run.steps.map((step) => step.kind)).toEqual(['perceive', 'rules', 'end']);
    expect(run.steps[1]?.summary).toContain(`repeat item of story ${first}`);
    expect(mesh.of(ProposalMade, ({ action }) => action.runId === run.runId)).toHaveLength(0);
  });

  it('that names nobody, or that no agent listens to, does nothing more', async () => {
    const nobody = await mesh.signal({ title: 'Falcons win', summary: '' });
    expect(await mesh.run(nobody)).toMatchObject({ state: 'completed', reason: 'nobody on the watch-list is named' });
    const elsewhere = await mesh.signal(fine('Kestrel Energy'), { source: 'weather' });
    const fence = await mesh.signal(fine('Lumen Semiconductor'));
    await mesh.run(fence);
    expect(mesh.of(RunChanged, ({ trigger }) => trigger.eventId === elsewhere)).toHaveLength(0);
  });

  it('of another tenant starts no agent of this one', async () => {
    const foreign = await mesh.signal(fine('Verdant Foods'), { tenant: 'other' });
    const fence = await mesh.signal(fine('Tessellate Systems'));
    await mesh.run(fence);
    expect(mesh.of(RunChanged, ({ trigger }) => trigger.eventId === foreign)).toHaveLength(0);
  });

  it('that has come too far round ends the run as a loop', async () => {
    const id = await mesh.signal(fine('Meridian Trust'), { hops: 9, id: derivedId('far') });
    const run = (await mesh.until(RunChanged, ({ state, reason }) => state === 'failed' && (reason ?? '').startsWith('loop'))).at(-1);
    expect(run?.data.reason).toBe('loop: the signal is 9 hops from its first, this agent stops at 8');
    expect(id).toBeDefined();
  });
});

describe('stops', () => {
  it('end runs before their next step while they last, for what they cover', async () => {
    await mesh.throwStop({ kind: 'agent', name: 'market-news' });
    const stopped = await eventually(() => fine('Halden Steel'), 'stopped');
    expect(stopped.reason).toMatch(/^stop .* \(epoch 1\)$/);
    expect(stopped.steps.map((step) => step.kind)).toEqual(['perceive', 'end']);
    await mesh.throwStop({ kind: 'agent', name: 'market-news' }, false);
    expect((await eventually(() => fine('Halden Steel'), 'completed', 'waiting')).state).not.toBe('stopped');
  });

  it('of a tool end only runs that would use it, and the brief stands', async () => {
    await mesh.throwStop({ kind: 'tool', name: 'webhook.send' });
    const run = await eventually((n) => ({ title: `Kestrel Energy defaults on ${n} million bond`, summary: `Kestrel Energy failed to pay ${n} million. Lenders number ${n} met in room ${n} of house ${n} in the town of ${'abcdefghij'.repeat(n % 7)}.` }), 'stopped');
    expect(run.steps.map((step) => step.kind)).toEqual(['perceive', 'rules', 'intelligence', 'end']);
    expect(mesh.of(ProposalMade, ({ action }) => action.runId === run.runId)).toHaveLength(0);
    await mesh.throwStop({ kind: 'tool', name: 'webhook.send' }, false);
  });

  /** A stop reaches the processes a moment after it was published: signals are sent until one meets it. */
  async function eventually(content: (n: number) => object, ...states: RunChanged['state'][]): Promise<RunChanged> {
    for (let n = 0; n < 200; n++) {
      const id = await mesh.signal({ ...content(n + 10), link: `https://news.example/${states.join()}/${n}` });
      const run = await mesh.run(id);
      if (states.includes(run.state)) return run;
    }
    throw new Error(`no run became ${states.join(' or ')}`);
  }
});

describe('an old view of the stops', () => {
  it('holds what is consequential and lets it go on later; nothing is ended for it', async () => {
    mesh.silence();
    const held = await untilHeld();
    expect(held.steps.at(-1)?.kind).toBe('held');
    expect(mesh.of(ProposalMade, ({ action }) => action.runId === held.runId)).toHaveLength(0);
    expect((await mesh.until(IntelligenceProduced, ({ runId }) => runId === held.runId)).length).toBe(1);
    await mesh.beat();
    const [released] = await mesh.until(RunChanged, ({ runId, state }) => runId === held.runId && state === 'waiting');
    expect(released?.data.steps.at(-1)?.kind).toBe('released');
    expect(await proposalsOf(held.runId, 3)).toHaveLength(3);
  });

  /** The view is old five seconds after the last pulse. */
  async function untilHeld(): Promise<RunChanged> {
    const names = ['repeal', 'maize', 'cellar', 'violin', 'granite', 'harvest', 'tunnel', 'magnet', 'pepper', 'lantern'];
    for (let n = 0; n < 400; n++) {
      const words = names.map((name, index) => `${name}${(n * 7 + index * 13) % 97}`).join(' ');
      const id = await mesh.signal({ title: `Norrland Bank bankrupt ${n}`, summary: words });
      const run = await mesh.run(id);
      if (run.state === 'running') return run;
    }
    throw new Error('no run was held');
  }
});
