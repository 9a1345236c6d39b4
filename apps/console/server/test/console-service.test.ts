// SPDX-License-Identifier: Apache-2.0
import { AgentChanged, DecisionMade, derivedId, FindingRaised, IntelligenceProduced, IntentRecorded, OutcomeRecorded, ownTopics, RedriveRequested, RequestChanged, ResumeRequested, rootId, RunChanged, StopChanged, StopRequested, VerdictGiven } from '@nervus/contracts';
import { eventOf, systemClock } from '@nervus/messaging';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aDigest, type ApiBody, ConsoleWorld, ended, hour, requestOf, verdictBody } from './console-world.js';

let world: ConsoleWorld;
beforeAll(async () => {
  world = await ConsoleWorld.open();
});
afterAll(() => world.close());

const opened = async (n: number, changes: Parameters<typeof requestOf>[1] = {}): Promise<RequestChanged> => {
  const request = requestOf(n, changes);
  await world.publish(RequestChanged, request.requestId, request);
  await world.eventually('nora', `/api/requests/${request.requestId}`, (body) => body.request?.version === request.version);
  return request;
};
const ids = (body: Pick<ApiBody, 'items'>): string[] => body.items.map(({ requestId }) => requestId);
/** A command that was taken: its answer may still be on its way. */
const given = async ({ status, body }: Awaited<ReturnType<ConsoleWorld['api']>>): Promise<ApiBody> => {
  expect([200, 202]).toContain(status);
  return Promise.resolve(body);
};
const give = (person: string, path: string, body: object, key: string, headers: Record<string, string> = {}): ReturnType<ConsoleWorld['api']> => world.api(person, path, { method: 'POST', body, headers: { 'idempotency-key': key, ...headers } });

describe('read models', () => {
  it('open requests are listed by deadline, page by page, and say how old the view is', async () => {
    const soon = await opened(1, { expiresAt: new Date(Date.now() + hour).toISOString() });
    const late = await opened(2, { expiresAt: new Date(Date.now() + 3 * hour).toISOString() });
    const middle = await opened(3, { expiresAt: new Date(Date.now() + 2 * hour).toISOString() });
    await world.pulse();
    const first = await world.eventually('nora', '/api/requests?limit=2', (body) => body.ageMs !== null && body.ageMs < 10_000);
    expect(ids(first)).toEqual([soon.requestId, middle.requestId]);
    const second = await world.api('nora', `/api/requests?limit=2&cursor=${first.next}`);
    expect(ids(second.body)).toEqual([late.requestId]);
    expect(second.body.next).toBeNull();
    expect(Date.parse(first.asOf)).toBeLessThanOrEqual(Date.now());
    expect(first.items[0]).toMatchObject({ tier: 2, tool: 'http.request', agent: 'market-news', quorum: 1, approvals: 0 });
  });

  it('never shows an older state than it has seen, whatever order records come in', async () => {
    const request = await opened(4);
    const over = ended(request, 'permitted', 'approved');
    await world.publish(RequestChanged, request.requestId, over);
    await world.publish(RequestChanged, request.requestId, request);
    const after = await opened(5);
    await world.eventually('nora', `/api/requests/${after.requestId}`, (body) => body.request !== undefined);
    await world.eventually('nora', `/api/requests/${request.requestId}`, (body) => body.request?.state === 'permitted');
    expect(ids((await world.api('nora', '/api/requests')).body)).not.toContain(request.requestId);
    expect(ids((await world.api('nora', '/api/requests?state=permitted')).body)).toContain(request.requestId);
  });

  it('the packet comes back as it was published, whatever its parameters are called', async () => {
    const params = { $set: { 'a.b': 1 }, ['__proto__x']: null, 'x.y': ['$where'] };
    const base = requestOf(6);
    const request = await opened(6, { packet: { action: { ...base.packet.action, params } } });
    const { body } = await world.api('nora', `/api/requests/${request.requestId}/packet`);
    expect(body).toMatchObject({ evidenceHash: request.evidenceHash, packet: request.packet });
  });

  it('approved and not done is told apart from done, step by step', async () => {
    const request = await opened(7);
    const { action, digest } = request.packet;
    const chain = `/api/requests/${request.requestId}/chain`;
    expect((await world.api('nora', chain)).body.state).toBe('asked');
    await world.publish(RequestChanged, request.requestId, ended(request, 'permitted', 'approved'));
    const extensions = { actiondigest: digest, tier: '2', permit: 'eyJhbGciOiJFUzI1NiJ9.e30.c2ln', decisionleaf: aDigest };
    const decision: DecisionMade = {
      result: 'permitted', code: 'approved', action, digest, tier: 2, risk: request.packet.risk, policies: [], policySet: { v: 1, h: aDigest }, registryVersion: 1, ruling: 1,
      request: { requestId: request.requestId, revision: 1, votes: ended(request, 'permitted', 'approved').votes, evidenceHash: request.evidenceHash },
    };
    await world.publish(DecisionMade, action.runId, decision, 'default', { actiondigest: digest, tier: '2' });
    expect((await world.eventually('nora', chain, ({ steps, state }) => steps.length === 2 && state === 'permitted')).standing).toBe('It is approved and not done yet: no result is recorded.');
    const common = { actionId: action.actionId, runId: action.runId, digest, jti: derivedId('permit', '7') };
    await world.publish(IntentRecorded, action.runId, { ...common, tier: 2, deadline: new Date(Date.now() + hour).toISOString() }, 'default', extensions);
    await world.eventually('nora', chain, ({ state }) => state === 'started');
    await world.publish(OutcomeRecorded, action.runId, { ...common, tool: 'http', operation: 'request', target: action.target, tier: 2, result: 'succeeded', code: 'done', detail: '201 Created', attempts: 1, idempotencyKey: aDigest, finishedAt: new Date().toISOString() }, 'default', { ...extensions, result: 'succeeded' });
    const done = await world.eventually('nora', chain, ({ state }) => state === 'done');
    expect(done.steps.map(({ step, result }) => `${step} ${result}`)).toEqual(['request permitted', 'decision permitted', 'intent recorded', 'outcome succeeded']);
  });

  it('runs, intelligence, agents, findings and processes can be read', async () => {
    const run = RunChanged.examples[0]!;
    await world.publish(RunChanged, run.runId, run);
    await world.publish(RunChanged, run.runId, { ...run, version: 1, state: 'running' });
    const intelligence = IntelligenceProduced.examples[0]!;
    await world.publish(IntelligenceProduced, intelligence.subject, intelligence);
    await world.publish(AgentChanged, 'market-news', AgentChanged.examples[0]!);
    await world.mesh.publish(FindingRaised, { key: 'f', id: rootId(Date.now()), data: FindingRaised.examples[0]! });
    const { HeartbeatBeaten } = ownTopics('audit');
    await world.mesh.publish(HeartbeatBeaten, { key: 'e', id: rootId(Date.now()), data: { ...HeartbeatBeaten.examples[0]!, at: new Date().toISOString() } });
    expect(await world.eventually('nora', '/api/runs', ({ items }) => items.length === 1)).toMatchObject({ items: [{ state: 'completed', version: 2 }] });
    expect(await world.eventually('nora', '/api/intelligence', ({ items }) => items.length === 1)).toMatchObject({ items: [{ title: 'Policy rate unchanged', data: { entities: [] } }] });
    await world.eventually('nora', '/api/agents', ({ items }) => items.length === 1);
    await world.eventually('nora', '/api/findings', ({ items }) => items.length === 1);
    const status = await world.eventually('nora', '/api/status', ({ services }) => services.find(({ service }) => service === 'audit')?.processes.length === 1);
    expect(status).toMatchObject({ openFindings: 1, pulse: { policyVersion: 1 } });
    expect(status.services.find(({ service }) => service === 'console')?.processes).toHaveLength(1);
  });

  it('another tenant sees nothing of it, and its ids are not there', async () => {
    const request = await opened(8);
    expect((await world.api('stranger', '/api/requests')).body.items).toEqual([]);
    const [theirs, none] = await Promise.all([world.api('stranger', `/api/requests/${request.requestId}`), world.api('stranger', `/api/requests/${derivedId('none')}`)]);
    expect([theirs.status, theirs.body]).toEqual([404, none.body]);
    expect((await give('stranger', `/api/requests/${request.requestId}/verdicts`, verdictBody(request), 'stranger-1', { 'if-match': '"1"' })).status).toBe(404);
    expect((await world.api('stranger', '/api/intelligence')).body.items).toEqual([]);
    expect((await world.api('stranger', '/api/status')).body.openRequests).toBe(0);
  });

  it('a restart keeps what was read, and goes on', async () => {
    const request = await opened(9);
    await world.stop();
    const next = requestOf(10);
    await world.publish(RequestChanged, next.requestId, next);
    await world.start();
    const listed = await world.eventually('nora', '/api/requests?limit=200', (body) => ids(body).includes(next.requestId));
    expect(ids(listed)).toContain(request.requestId);
  });
});

describe('dead letters', () => {
  it('a record that cannot be handled is listed with its reason, for its tenant alone', async () => {
    const request = requestOf(12);
    const broken = { ...eventOf(RequestChanged, { tenant: 'default', key: request.requestId, id: rootId(Date.now()), data: request }, systemClock), value: '{"requestId":"<b>no id</b>"}' };
    await world.mesh.trust.publishAs('approval', [broken]);
    const { items } = await world.eventually('nora', '/api/dead-letters', (body) => body.items.length === 1);
    expect(items[0]).toMatchObject({ service: 'console', originTopic: 'nervus.approval.requests.v1', type: RequestChanged.type, code: 'schema_invalid', key: `default/${request.requestId}`, bytes: expect.any(Number) });
    expect(JSON.stringify(items)).not.toContain('no id');
    expect((await world.api('stranger', '/api/dead-letters')).body.items).toEqual([]);
    expect((await world.api('nora', '/api/status')).body).toMatchObject({ deadLetters: 1 });
  });

  it('its content is shown on demand, as text, to its tenant alone', async () => {
    const { body } = await world.api('nora', '/api/dead-letters/console/0/0');
    expect(body).toMatchObject({ letter: { offset: '0', code: 'schema_invalid', fate: null }, content: { value: '{"requestId":"<b>no id</b>"}', cut: false, headers: { ce_type: RequestChanged.type } } });
    expect((await world.api('stranger', '/api/dead-letters/console/0/0')).status).toBe(404);
    for (const place of ['console/0/99', 'nobody/0/0', 'console/0/x']) expect((await world.api('nora', `/api/dead-letters/${place}`)).status).toBe(404);
  });

  it('an operator has it handled again: the service does, and the list says who asked for it', async () => {
    const redrive = '/api/dead-letters/console/0/0/redrive';
    expect((await give('nora', redrive, {}, 'redrive-no-reason')).status).toBe(400);
    expect((await give('stranger', redrive, { reason: 'x' }, 'redrive-stranger')).status).toBe(403);
    const { commandId } = await given(await give('nora', redrive, { reason: 'The producer was mended.' }, 'redrive-1'));
    await world.eventually('nora', `/api/commands/${commandId}`, ({ code }) => code === 'accepted');
    const { items: handled } = await world.eventually('nora', '/api/dead-letters?state=handled', ({ items }) => items.length === 1);
    expect(handled[0]).toMatchObject({ offset: '0', fate: { what: 'redriven', person: 'nora', reason: 'The producer was mended.', commandId } });
    // It is as faulty as it was, so it comes back as a new one.
    const { items } = await world.eventually('nora', '/api/dead-letters', (body) => body.items.some((item) => (item as unknown as { offset: string }).offset === '1'));
    expect(items).toHaveLength(1);
    const discarded = await given(await give('nora', '/api/dead-letters/console/0/1/discard', { reason: 'Cancelled by telephone.' }, 'discard-1'));
    await world.eventually('nora', `/api/commands/${discarded.commandId}`, ({ code }) => code === 'accepted');
    await world.eventually('nora', '/api/dead-letters', (body) => body.items.length === 0);
    expect(world.mesh.of(RedriveRequested)).toHaveLength(1);
  });

  it('a replay is refused before it is asked for when it makes no sense', async () => {
    const wish = { service: 'console', topic: 'nervus.approval.requests.v1', from: '2026-11-24T10:00:00.000Z', to: '2026-11-24T09:00:00.000Z', dryRun: true, reason: 'x' };
    expect((await give('nora', '/api/replays', wish, 'replay-empty')).body.code).toBe('interval_empty');
    expect((await give('nora', '/api/replays', { ...wish, service: 'nobody' }, 'replay-nobody')).status).toBe(400);
    const asked = await given(await give('nora', '/api/replays', { ...wish, from: '2026-11-24T08:00:00.000Z' }, 'replay-dry'));
    expect((await world.eventually('nora', `/api/commands/${asked.commandId}`, ({ code }) => code !== 'pending')).detail).toContain('would be handled again by console');
  });

  it('what no tenant owns is listed for the operators of the installation', async () => {
    const findingId = rootId(Date.now());
    const broken = { ...eventOf(FindingRaised, { key: findingId, id: findingId, data: FindingRaised.examples[0]! }, systemClock), value: '{}' };
    await world.mesh.trust.publishAs('audit', [broken]);
    await world.eventually('nora', '/api/dead-letters', (body) => JSON.stringify(body.items).includes(findingId));
    expect((await world.api('stranger', '/api/dead-letters')).body.items).toEqual([]);
  });
});

describe('what a run waits for', () => {
  it('is said with what to do about it, to its tenant alone', async () => {
    const request = await opened(40);
    const run: RunChanged = { ...RunChanged.examples[0]!, runId: request.packet.action.runId, state: 'waiting', waitingFor: [request.packet.action.actionId] };
    await world.publish(RunChanged, run.runId, run);
    const path = `/api/runs/${run.runId}/standing`;
    const standing = async (fits: (waits: string) => boolean): Promise<unknown> => ((await world.eventually('nora', path, (body) => fits(JSON.stringify(body)))) as unknown as { standing: unknown }).standing;
    expect(await standing((text) => text.includes('people'))).toMatchObject({ state: 'waiting', waits: [{ code: 'people', actionId: request.packet.action.actionId, next: `nervus approvals show ${request.requestId}` }] });
    expect((await world.api('stranger', path)).status).toBe(404);
    expect((await world.api('nora', `/api/runs/${derivedId('no-run')}/standing`)).status).toBe(404);
  });
});

describe('two processes', () => {
  it('the answer reaches whoever asked, whichever process that is', async () => {
    const second = await world.another();
    try {
      const request = await opened(13);
      const asked = world.api('nora', `/api/requests/${request.requestId}/verdicts`, { method: 'POST', body: verdictBody(request), headers: { 'idempotency-key': 'verdict-13', 'if-match': '"1"' }, at: second.url });
      const [given] = await world.mesh.until(VerdictGiven, ({ requestId }) => requestId === request.requestId);
      await world.answer(given!.data.commandId, 'accepted', 200, 'The action is permitted.');
      expect(await asked).toMatchObject({ status: 200, body: { code: 'accepted' } });
      // Under the same key the other process knows it too.
      expect(await give('nora', `/api/requests/${request.requestId}/verdicts`, verdictBody(request), 'verdict-13', { 'if-match': '"1"' })).toMatchObject({ status: 200, body: { code: 'accepted' } });
    } finally {
      await second.stop();
    }
  });
});

describe('commands', () => {
  it('a verdict is published as it was given, signed for its giver, and answered with what approval says', async () => {
    const request = await opened(20);
    const key = 'verdict-20';
    const asked = give('nora', `/api/requests/${request.requestId}/verdicts`, verdictBody(request), key, { 'if-match': '"1"' });
    const [given] = await world.mesh.until(VerdictGiven, ({ requestId }) => requestId === request.requestId);
    expect(given?.data).toMatchObject({
      requestId: request.requestId, revision: 1, nonce: request.nonce, verdict: 'approve', digest: request.packet.digest, evidenceHash: request.evidenceHash, reason: 'Checked against the exposure report.',
      by: { account: { issuer: 'launcher', subject: 'nora' }, session: expect.stringMatching(/^[\w-]{43}$/) },
    });
    expect(given?.key).toBe(`default/${request.requestId}`);
    await world.answer(given!.data.commandId, 'accepted', 200, 'The action is permitted.');
    expect(await asked).toMatchObject({ status: 200, body: { code: 'accepted', commandId: given?.data.commandId, detail: 'The action is permitted.' } });
    // Asked again under the same key, it is the same command with the same answer.
    expect(await give('nora', `/api/requests/${request.requestId}/verdicts`, verdictBody(request), key, { 'if-match': '"1"' })).toMatchObject({ status: 200, body: { code: 'accepted' } });
    expect(world.mesh.of(VerdictGiven, ({ requestId }) => requestId === request.requestId)).toHaveLength(1);
  });

  it('a double click is one command, and both learn what became of it', async () => {
    const request = await opened(21);
    const both = [1, 2].map(() => give('nora', `/api/requests/${request.requestId}/verdicts`, verdictBody(request, 'reject'), 'verdict-21', { 'if-match': '"1"' }));
    const [given] = await world.mesh.until(VerdictGiven, ({ requestId }) => requestId === request.requestId);
    await world.answer(given!.data.commandId, 'accepted', 200, 'The action is refused.');
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 200]);
    expect(world.mesh.of(VerdictGiven, ({ requestId }) => requestId === request.requestId)).toHaveLength(1);
  });

  it.each([[403, 'separation_of_duties'], [409, 'already_decided'], [422, 'evidence_mismatch'], [409, 'expired']])('%d %s of approval is what the caller gets', async (status, code) => {
    const request = await opened(Number(`3${status}`) + code.length);
    const key = `verdict-${status}-${code}`;
    const asked = give('theo', `/api/requests/${request.requestId}/verdicts`, verdictBody(request), key, { 'if-match': '"1"' });
    const [given] = await world.mesh.until(VerdictGiven, ({ requestId }) => requestId === request.requestId);
    await world.answer(given!.data.commandId, code, status, 'No.');
    const answer = await asked;
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
    expect(answer.body).toEqual({ type: `urn:nervus:problem:${code}`, title: expect.any(String), status, code, detail: 'No.' });
  });

  it('what nobody answers in two seconds is accepted, and its answer can be looked up later by its giver alone', async () => {
    const request = await opened(23);
    const { status, body, headers } = await give('nora', `/api/requests/${request.requestId}/verdicts`, verdictBody(request), 'verdict-23', { 'if-match': '"1"' });
    expect([status, body.code, headers.get('location')]).toEqual([202, 'pending', `/api/commands/${body.commandId}`]);
    expect((await world.api('nora', `/api/commands/${body.commandId}`)).body.code).toBe('pending');
    await world.answer(body.commandId, 'accepted', 200, 'The action is permitted.');
    await world.eventually('nora', `/api/commands/${body.commandId}`, ({ code }) => code === 'accepted');
    expect((await world.api('theo', `/api/commands/${body.commandId}`)).status).toBe(404);
  });

  it('one key for two commands is a mistake of the client', async () => {
    const request = await opened(24);
    const path = `/api/requests/${request.requestId}/verdicts`;
    await give('nora', path, verdictBody(request), 'verdict-24', { 'if-match': '"1"' });
    expect(await give('nora', path, verdictBody(request, 'reject'), 'verdict-24', { 'if-match': '"1"' })).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    // The key is a person's own.
    const theirs = give('theo', path, verdictBody(request, 'reject'), 'verdict-24', { 'if-match': '"1"' });
    const found = await world.mesh.until(VerdictGiven, ({ requestId }) => requestId === request.requestId, 2);
    expect(found.map(({ data }) => data.by.account.subject)).toEqual(['nora', 'theo']);
    await theirs;
  });

  it('a stop is thrown and lifted by commands, and shows once approval published it', async () => {
    const asked = give('olga', '/api/stops', { scope: { kind: 'agent', name: 'market-news' }, reason: 'A test feed.' }, 'stop-one-1');
    const [requested] = await world.mesh.until(StopRequested);
    const { commandId } = requested!.data;
    expect(requested?.key).toBe(`default/${commandId}`);
    const stop: StopChanged = { stopId: commandId, tenant: 'default', scope: requested!.data.scope, epoch: 1, active: true, reason: 'A test feed.', by: ['person:olga'], at: new Date().toISOString(), version: 1 };
    await world.publish(StopChanged, commandId, stop, 'default', { stop: '1:active:agent=market-news' });
    await world.answer(commandId, 'accepted', 200, 'It holds.');
    expect((await asked).status).toBe(200);
    expect(await world.eventually('nora', '/api/stops', ({ items }) => items.length === 1)).toMatchObject({ items: [{ stopId: commandId, active: true }] });

    const resumed = give('nora', `/api/stops/${commandId}/resume`, { reason: 'Mended.' }, 'resume-one');
    const [resume] = await world.mesh.until(ResumeRequested);
    expect(resume?.data).toMatchObject({ stopId: commandId, by: { account: { subject: 'nora' } } });
    await world.answer(resume!.data.commandId, 'second_person_needed', 200, 'Noted.');
    expect(await resumed).toMatchObject({ status: 200, body: { code: 'second_person_needed' } });
    expect((await give('nora', `/api/stops/${derivedId('no-stop')}/resume`, { reason: 'Mended.' }, 'resume-none')).status).toBe(404);
  });
});
