// SPDX-License-Identifier: Apache-2.0
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DecisionMade, derivedId, ownTopics, PermitReturned, PolicySetActivated, PulseBeaten, RequestChanged, ResumeRequested, rootId, StopChanged, StopRequested, VerdictGiven } from '@nervus/contracts';
import { digestOf } from '@nervus/trust';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApprovalMesh, type Seen } from './approval-mesh.js';
import { alertProposal, minutes, orderProposal, proposalOf, sampleAgent, shippedSet } from './sample-world.js';

const { CommandAnswered } = ownTopics('approval');
const inSixHours = new Date(Date.now() + minutes(360)).toISOString();
const alert = (n: number): ReturnType<typeof alertProposal> => alertProposal({ n, expiresAt: inSixHours });
const order = (n: number, expiresAt = inSixHours): ReturnType<typeof orderProposal> => orderProposal({ n, expiresAt });
const by = (subject: string): VerdictGiven['by'] => ({ account: { issuer: 'launcher', subject }, session: sampleAgent.digest, authenticatedAt: new Date().toISOString() });

let mesh: ApprovalMesh;
beforeAll(async () => {
  mesh = await ApprovalMesh.open();
  await mesh.agent(sampleAgent);
  await Promise.all([mesh.start(), mesh.start()]);
});
afterAll(() => mesh.close());

const verdict = (request: RequestChanged, person: string, say: 'approve' | 'reject' = 'approve', changes: Partial<VerdictGiven> = {}): VerdictGiven => ({
  commandId: rootId(Date.now()), requestId: request.requestId, revision: request.revision, nonce: request.nonce, verdict: say, digest: request.packet.digest, evidenceHash: request.evidenceHash, reason: 'Checked against the exposure report.', by: by(person), ...changes,
});
const answerTo = async ({ commandId }: { commandId: string }): Promise<string> => (await mesh.until(CommandAnswered, (answer) => answer.commandId === commandId)).map(({ data }) => `${data.status} ${data.code}`).join();
const say = async (given: VerdictGiven, tenant = 'default'): Promise<string> => {
  await mesh.command(VerdictGiven, given.requestId, given, tenant);
  return answerTo(given);
};
const askedAbout = async (proposal: ReturnType<typeof order>): Promise<RequestChanged> => {
  await mesh.propose(proposal);
  const [request] = await mesh.until(RequestChanged, ({ packet }) => packet.action.actionId === proposal.action.actionId);
  if (!request) throw new Error('nobody was asked');
  return request.data;
};
const permits = (actionId: string): Seen<DecisionMade>[] => mesh.seen.filter((one): one is Seen<DecisionMade> => one.type === 'nervus.approval.decision-made.v1' && (one.data as DecisionMade).action.actionId === actionId && (one.data as DecisionMade).permit !== undefined);
const returned = (decision: Seen<DecisionMade>, code: PermitReturned['code']): Promise<unknown> => {
  const { action, digest, ruling } = decision.data;
  const permit = decision.headers['ce_permit'] ?? '';
  return mesh.publish(PermitReturned, {
    tenant: 'default', key: action.runId, id: derivedId('returned', action.actionId, String(ruling)), data: { actionId: action.actionId, runId: action.runId, digest, jti: derivedId('permit', action.actionId, String(ruling)), code },
    extensions: { actiondigest: digest, tier: '1', permit, decisionleaf: digest },
  });
};

describe('an automatic ruling', () => {
  it('puts the permit into the decision and its signed headers, keyed by run', async () => {
    const proposal = alert(1);
    await mesh.propose(proposal);
    const decision = await mesh.decisionOn(proposal.action.actionId);
    expect(decision.data).toMatchObject({ result: 'permitted', code: 'automatic', tier: 1, action: proposal.action, policySet: { v: 1, h: shippedSet.hash }, registryVersion: 1, ruling: 1 });
    expect(decision.key).toBe(`default/${proposal.action.runId}`);
    expect(decision.headers).toMatchObject({ ce_tier: '1', ce_actiondigest: digestOf(proposal.action), ce_permit: decision.data.permit, ce_tenantid: 'default' });
  });

  it('a proposal that is delivered twice is ruled on once', async () => {
    const proposal = alert(2);
    await mesh.propose(proposal);
    await mesh.propose(proposal);
    await mesh.propose(alert(3));
    await mesh.decisionOn(alert(3).action.actionId);
    await mesh.decisionOn(proposal.action.actionId);
    expect(permits(proposal.action.actionId)).toHaveLength(1);
  });

  it('a changed value is refused as digest_mismatch', async () => {
    const proposal = alert(4);
    await mesh.propose(proposal, { actiondigest: digestOf('another') });
    expect((await mesh.decisionOn(proposal.action.actionId)).data).toMatchObject({ result: 'refused', code: 'digest_mismatch', tier: 3 });
  });

  it('names that mean something to a database come out as they went in', async () => {
    const body: unknown = JSON.parse('{"$set": {"a.b": 1}, "": null, "__proto__": {"x": [0.1, 1e-7]}, "$ref": "\\u0000"}');
    const proposal = proposalOf('http.request', { method: 'POST', url: 'https://api.example.com/orders', body }, orderProposal().labels, { n: 8, expiresAt: inSixHours });
    const request = await askedAbout(proposal);
    expect(await say(verdict(request, 'nora'))).toBe('200 accepted');
    const decision = await mesh.decisionOn(proposal.action.actionId);
    expect(digestOf(decision.data.action)).toBe(digestOf(proposal.action));
    expect(decision.data.digest).toBe(digestOf(proposal.action));
  });

  it('a proposal of an agent that was not seen yet is held and ruled on when it is', async () => {
    const newer = { ...sampleAgent, name: 'late-agent', recordVersion: 1 };
    const proposal = alertProposal({ n: 5, expiresAt: inSixHours, agentRecordVersion: 1, action: { agent: { name: 'late-agent', version: '1.0.0', digest: sampleAgent.digest } } });
    await mesh.propose(proposal);
    await mesh.propose(alert(6));
    await mesh.decisionOn(alert(6).action.actionId);
    expect(permits(proposal.action.actionId)).toHaveLength(0);
    await mesh.agent(newer);
    expect((await mesh.decisionOn(proposal.action.actionId)).data.code).toBe('automatic');
  });

  it('a permit that came back unused is replaced, and only once', async () => {
    const proposal = alert(7);
    await mesh.propose(proposal);
    const first = await mesh.decisionOn(proposal.action.actionId);
    await returned(first, 'permit_expired');
    await returned(first, 'permit_expired');
    const second = await mesh.decisionOn(proposal.action.actionId, 2);
    expect(second.data).toMatchObject({ result: 'permitted', ruling: 2, digest: first.data.digest });
    expect(second.data.permit).not.toBe(first.data.permit);
    expect(permits(proposal.action.actionId)).toHaveLength(2);
  });
});

describe('a request', () => {
  it('becomes a permit by the verdict of a reviewer', async () => {
    const request = await askedAbout(order(20));
    expect(request).toMatchObject({ state: 'open', approvers: ['group:risk-reviewers'], quorum: 1, proof: 'session', evidenceHash: digestOf(request.packet) });
    expect(await say(verdict(request, 'olga'))).toBe('403 separation_of_duties');
    expect(await say(verdict(request, 'nora'))).toBe('200 accepted');
    const decision = await mesh.decisionOn(order(20).action.actionId);
    expect(decision.data).toMatchObject({ result: 'permitted', code: 'approved', tier: 2, request: { requestId: request.requestId, revision: 1, votes: [{ person: 'person:nora' }] } });
    expect(JSON.parse(decision.headers['ce_persons'] ?? '')).toMatchObject({ approved: [expect.any(String)], owner: [expect.any(String)] });
    expect((await mesh.until(RequestChanged, ({ requestId, state }) => requestId === request.requestId && state === 'permitted')).map(({ data }) => data.version)).toEqual([2]);
    expect(await say(verdict(request, 'theo'))).toBe('409 already_decided');
  });

  it('two verdicts at once, to two processes, give one permit and tell the loser', async () => {
    for (const n of [21, 22, 23]) {
      const request = await askedAbout(order(n));
      const verdicts = [verdict(request, 'nora'), verdict(request, 'theo', 'reject'), verdict(request, 'theo')];
      // Keys of their own, so that the two processes handle them in parallel.
      await Promise.all(verdicts.map((given) => mesh.command(VerdictGiven, given.commandId, given)));
      const answers = await Promise.all(verdicts.map((given) => answerTo(given)));
      expect(answers.filter((answer) => answer === '200 accepted')).toHaveLength(1);
      expect(answers.filter((answer) => answer === '409 already_decided')).toHaveLength(2);
      const decisions = mesh.seen.filter((one) => one.type === 'nervus.approval.decision-made.v1' && (one.data as DecisionMade).action.actionId === order(n).action.actionId);
      expect(decisions).toHaveLength(1);
    }
  });

  it('a verdict that comes twice is answered once', async () => {
    const request = await askedAbout(order(24));
    const given = verdict(request, 'nora', 'reject');
    await mesh.command(VerdictGiven, given.requestId, given);
    await mesh.command(VerdictGiven, given.requestId, given);
    await mesh.until(CommandAnswered, ({ commandId }) => commandId === given.commandId, 2);
    expect(mesh.of(CommandAnswered, ({ commandId }) => commandId === given.commandId).map(({ data }) => data.code)).toEqual(['accepted', 'already_consumed']);
    expect((await mesh.decisionOn(order(24).action.actionId)).data).toMatchObject({ result: 'refused', code: 'rejected' });
  });

  it('a verdict on other evidence than was shown is refused', async () => {
    const request = await askedAbout(order(25));
    expect(await say(verdict(request, 'nora', 'approve', { evidenceHash: digestOf('something else') }))).toBe('422 evidence_mismatch');
  });

  it('another tenant does not learn that it exists', async () => {
    const request = await askedAbout(order(26));
    expect(await say(verdict(request, 'nora'), 'other')).toBe('404 unknown_request');
    expect(await say(verdict(request, 'nora', 'approve', { requestId: derivedId('none') }))).toBe('404 unknown_request');
  });

  it('silence never approves: it expires, and that is a denial', async () => {
    const proposal = order(27, new Date(Date.now() + 2500).toISOString());
    const request = await askedAbout(proposal);
    expect((await mesh.decisionOn(proposal.action.actionId)).data).toMatchObject({ result: 'expired', code: 'expired' });
    expect(await say(verdict(request, 'nora'))).toBe('409 already_decided');
  });

  it('a permit that people approved does not come back to life when it expired', async () => {
    const request = await askedAbout(order(28));
    await say(verdict(request, 'nora'));
    const decision = await mesh.decisionOn(order(28).action.actionId);
    await returned(decision, 'permit_expired');
    await mesh.propose(alert(29));
    await mesh.decisionOn(alert(29).action.actionId);
    expect(permits(order(28).action.actionId)).toHaveLength(1);
  });
});

describe('stops', () => {
  it('refuse what they cover, also what people are being asked about, until two persons resume', async () => {
    const request = await askedAbout(order(40));
    const stop: StopRequested = { commandId: rootId(Date.now()), scope: { kind: 'agent', name: 'market-news' }, reason: 'A test feed.', by: by('olga') };
    await mesh.command(StopRequested, stop.commandId, stop);
    expect(await answerTo(stop)).toBe('200 accepted');
    const [thrown] = await mesh.until(StopChanged, ({ stopId }) => stopId === stop.commandId);
    expect(thrown?.data).toMatchObject({ active: true, version: 1, by: ['person:olga'], tenant: 'default' });
    expect(thrown?.headers['ce_stop']).toBe(`${thrown?.data.epoch}:active:agent=market-news`);
    expect((await mesh.decisionOn(order(40).action.actionId)).data).toMatchObject({ result: 'refused', code: 'stopped', request: { requestId: request.requestId } });

    await mesh.propose(alert(41));
    expect((await mesh.decisionOn(alert(41).action.actionId)).data.code).toBe('stopped');
    const pulse = (await mesh.until(PulseBeaten, ({ epoch }) => epoch === thrown?.data.epoch)).at(-1);
    expect(pulse?.data).toMatchObject({ policyVersion: 1, stopsHash: digestOf([{ stopId: stop.commandId, epoch: thrown?.data.epoch }]) });

    const resume = async (person: string): Promise<string> => {
      const command: ResumeRequested = { commandId: rootId(Date.now()), stopId: stop.commandId, reason: 'The feed was mended.', by: by(person) };
      await mesh.command(ResumeRequested, stop.commandId, command);
      return answerTo(command);
    };
    expect(await resume('nora')).toBe('200 second_person_needed');
    expect(await resume('nora')).toBe('409 already_voted');
    expect(await resume('theo')).toBe('200 accepted');
    const [, lifted] = await mesh.until(StopChanged, ({ stopId }) => stopId === stop.commandId, 2);
    expect(lifted?.data).toMatchObject({ active: false, version: 2, by: ['person:nora', 'person:theo'] });
    expect(lifted?.data.epoch).toBeGreaterThan(thrown?.data.epoch ?? 0);
    await mesh.until(PulseBeaten, ({ epoch }) => epoch === lifted?.data.epoch);
    await mesh.propose(alert(42));
    expect((await mesh.decisionOn(alert(42).action.actionId)).data.code).toBe('automatic');
  });

  it('a stranger stops nothing', async () => {
    const stop: StopRequested = { commandId: rootId(Date.now()), scope: { kind: 'all' }, reason: 'x', by: by('mallory') };
    await mesh.command(StopRequested, stop.commandId, stop);
    expect(await answerTo(stop)).toBe('403 not_entitled');
  });
});

describe('the policy set in force', () => {
  it('is activated once, by whichever process starts first', async () => {
    const activated = await mesh.until(PolicySetActivated);
    expect(activated.map(({ data, key }) => [data.version, data.hash, key])).toEqual([[1, shippedSet.hash, 'policy-set']]);
  });

  it('stays in force when a process starts with other files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'policies-'));
    try {
      cpSync(fileURLToPath(new URL('../../../policies', import.meta.url)), folder, { recursive: true });
      writeFileSync(join(folder, 'reviewers.yaml'), 'version: 1\npersons: []\n');
      const third = await mesh.start(folder);
      const request = await askedAbout(order(60));
      expect(await say(verdict(request, 'nora'))).toBe('200 accepted');
      await mesh.stop(third);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    expect(mesh.of(PolicySetActivated)).toHaveLength(1);
  });
});
