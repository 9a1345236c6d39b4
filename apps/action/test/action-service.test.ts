// SPDX-License-Identifier: Apache-2.0
// The action service against a real broker and database, with approval, audit and identity played by the test. Abuse
// cases by their numbers in the trust model.
import { CredentialRequested, EnrolmentRequested, OutcomeRecorded, ownTopics, PermitReturned, rootId } from '@nervus/contracts';
import { headerLines, type VerificationKey, verify } from '@nervus/http-signatures';
import { importPublicJwk, leafOf, verifyDpopProof, WorkloadKey } from '@nervus/trust';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { signatureTag } from '../src/adapters/tools/signed-request.js';
import { ActionMesh, type Decided } from './action-mesh.js';
import { approvedByPeople, sampleAction } from './sample-world.js';

const { RecordQuarantined } = ownTopics('action');
let mesh: ActionMesh;
let channels = 0;

beforeAll(async () => {
  mesh = await ActionMesh.open();
  await Promise.all([mesh.start(), mesh.start()]);
});
afterEach(() => {
  Object.assign(mesh.present, { audit: true, identity: true, pulses: true });
  mesh.sink.behave = () => false;
});
afterAll(() => mesh.close());

/** An alert in a channel of its own, so that a test sees only its lines. */
const alert = (change: Parameters<typeof sampleAction>[1] = {}): { action: ReturnType<typeof sampleAction>; channel: string } => {
  const channel = `channel-${channels++}`;
  return { channel, action: sampleAction('alert.log', { params: { channel, severity: 80, title: 'Default', text: 'The bank failed to pay.' }, ...change }) };
};
const webhook = (): ReturnType<typeof sampleAction> => sampleAction('webhook.send');
const order = (change: Parameters<typeof sampleAction>[1] = {}): ReturnType<typeof sampleAction> => sampleAction('http.request', { params: { method: 'POST', url: `${mesh.sink.origin}/orders`, body: { hedge: true } }, ...change });

/** Waits until everything that came before in this partition and on this channel is finished. */
async function afterwards(): Promise<void> {
  const { action } = alert();
  await mesh.outcomeOf(await mesh.decide(action, 1));
}

describe('a permitted action', () => {
  it('tier 1: one line, and an outcome that names decision, permit and digest in signed headers', async () => {
    const { action, channel } = alert();
    const decided = await mesh.decide(action, 1);
    const outcome = await mesh.outcomeOf(decided);
    expect(outcome.data).toMatchObject({ result: 'succeeded', code: 'done', attempts: 1, jti: decided.permit.jti, idempotencyKey: decided.key, tool: 'alert', operation: 'log', target: `alert-log:${channel}` });
    expect(outcome.headers).toMatchObject({ ce_actiondigest: decided.permit.act, ce_tier: '1', ce_result: 'succeeded', ce_tenantid: 'default', ce_causationid: decided.event.id, ce_correlationid: decided.event.correlationId });
    expect(outcome.key).toBe(`default/${action.runId}`);
    expect(outcome.headers['ce_permit']).toBe((JSON.parse(decided.event.value!) as { permit: string }).permit);
    expect(mesh.lines(channel)).toEqual([decided.key]);
  });

  it('tier 2: the intent is recorded first, the effect waits for its receipt, the outcome names it', async () => {
    mesh.present.audit = false;
    const decided = await mesh.decide(webhook(), 2);
    const intent = await mesh.intentOf(decided);
    expect(intent.headers).toMatchObject({ ce_actiondigest: decided.permit.act, ce_tier: '2' });
    expect(intent.headers['ce_decisionleaf']).toMatch(/^[\w-]{43}$/);
    await afterwards();
    expect(mesh.sink.of(decided.key)).toEqual([]);
    mesh.present.audit = true;
    const outcome = await mesh.outcomeOf(decided);
    expect(outcome.data).toMatchObject({ result: 'succeeded', response: { status: 202 } });
    expect(outcome.headers['ce_intentleaf']).toBe(leafOf(intent.record));
    expect(outcome.headers['ce_decisionleaf']).toBe(intent.headers['ce_decisionleaf']);
    expect(mesh.sink.of(decided.key)).toHaveLength(1);
  });

  it('the webhook is signed by a workload key of action', async () => {
    const decided = await mesh.decide(webhook(), 2);
    await mesh.outcomeOf(decided);
    const [got] = mesh.sink.of(decided.key);
    const message = { method: 'POST', origin: mesh.sink.origin, target: got!.path, headers: headerLines(got!.rawHeaders), body: got!.body };
    const keys = (kid: string): VerificationKey | undefined => {
      const [enrolled] = mesh.world.of(EnrolmentRequested, (data) => data.kid === kid && data.service === 'action');
      return enrolled && { algorithm: 'ecdsa-p256-sha256', publicKey: importPublicJwk(enrolled.data.jwk) };
    };
    const required = ['@method', '@target-uri', 'content-digest', 'webhook-id', 'webhook-timestamp'];
    await expect(verify(message, { keys, unixSeconds: () => Date.now() / 1000, tag: signatureTag, required })).resolves.toMatchObject({ label: 'sig' });
  });

  it('a tool that takes a token gets one for this action and audience alone, bound to the key that proves the request', async () => {
    const decided = await mesh.decide(order(), 2);
    const outcome = await mesh.outcomeOf(decided);
    expect(outcome.data).toMatchObject({ result: 'succeeded', code: 'done' });
    const [got] = mesh.sink.of(decided.key);
    const accessToken = String(got!.headers.authorization).replace('DPoP ', '');
    const { cnf, aud } = JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()) as { cnf: { jkt: string }; aud: string };
    expect(aud).toBe(mesh.sink.origin);
    verifyDpopProof(String(got!.headers['dpop']), { method: 'POST', url: `${mesh.sink.origin}/orders`, accessToken }, { now: Date.now(), thumbprint: cnf.jkt });
    // Nothing that could be used without a private key stands in any record.
    for (const { record } of mesh.world.seen) expect(String(record.value)).not.toContain(accessToken);
  });

  it('a credential that identity refuses ends the action with the reason, and nothing is sent', async () => {
    const decided = await mesh.decide(order({ agent: { ...sampleAction().agent, name: 'stranger' } }), 2);
    expect((await mesh.outcomeOf(decided)).data).toMatchObject({ result: 'failed', code: 'tool_not_in_manifest', attempts: 0 });
    expect(mesh.sink.of(decided.key)).toEqual([]);
  });

  it('a destination that nobody configured is no destination', async () => {
    const decided = await mesh.decide(sampleAction('webhook.send', { params: { endpoint: 'elsewhere', type: 't', payload: {} } }), 1);
    expect((await mesh.outcomeOf(decided)).data).toMatchObject({ result: 'failed', code: 'destination_unknown' });
  });

  it('a target that refuses is a failure, one that is in trouble is tried again under the same key', async () => {
    mesh.sink.behave = (_, response) => {
      response.writeHead(422).end();
      return true;
    };
    expect((await mesh.outcomeOf(await mesh.decide(webhook(), 1))).data).toMatchObject({ result: 'failed', code: 'target_refused', attempts: 1, response: { status: 422 } });
    let troubles = 2;
    mesh.sink.behave = (_, response) => {
      if (troubles-- <= 0) return false;
      response.writeHead(503).end();
      return true;
    };
    const decided = await mesh.decide(webhook(), 1);
    expect((await mesh.outcomeOf(decided)).data).toMatchObject({ result: 'succeeded', attempts: 3 });
    expect(mesh.sink.applied.get(decided.key)).toBe(1);
    mesh.sink.behave = () => false;
  });
});

describe('once', () => {
  it('a decision that is delivered again does nothing again', async () => {
    const { action, channel } = alert();
    const decided = await mesh.decide(action, 1);
    await mesh.outcomeOf(decided);
    await mesh.publish(decided, decided);
    await afterwards();
    expect(mesh.lines(channel)).toEqual([decided.key]);
    expect(mesh.outcomesOf(decided)).toHaveLength(1);
  });

  it('#2: a permit in another decision, and another permit for what is done, are already consumed', async () => {
    const { action, channel } = alert();
    const decided = await mesh.decide(action, 1);
    await mesh.outcomeOf(decided);
    await mesh.publish({ ...decided, event: { ...decided.event, id: rootId(Date.now()) } });
    await mesh.decide(action, 1);
    await afterwards();
    expect(mesh.lines(channel)).toEqual([decided.key]);
    expect(mesh.outcomesOf(decided)).toHaveLength(1);
    const second = await mesh.decide(webhook(), 2);
    await mesh.outcomeOf(second);
    await mesh.publish({ ...second, event: { ...second.event, id: rootId(Date.now()) } });
    await afterwards();
    expect(mesh.sink.of(second.key)).toHaveLength(1);
    expect(await metric('nervus_permits_refused_total', 'already_consumed')).toBeGreaterThanOrEqual(3);
  });

  it('two processes share two hundred decisions, and each effect happens once', async () => {
    const { channel } = alert();
    const decided = Array.from({ length: 200 }, (_, n) => mesh.decision(sampleAction('alert.log', { params: { channel, severity: n % 100, title: `Alert ${n}`, text: '' } }), 1));
    await mesh.publish(...decided);
    await mesh.publish(...decided.slice(0, 100));
    const actions = new Set(decided.map(({ action }) => action.actionId));
    const outcomes = await mesh.world.until(OutcomeRecorded, ({ actionId }) => actions.has(actionId), 200);
    await afterwards();
    expect(new Set(outcomes.map(({ data }) => data.result))).toEqual(new Set(['succeeded']));
    expect(mesh.lines(channel).toSorted()).toEqual(decided.map(({ key }) => key).toSorted());
    expect(mesh.world.of(OutcomeRecorded, ({ actionId }) => actions.has(actionId))).toHaveLength(200);
  });
});

describe('no valid permit, no effect', () => {
  const untouched = async (decided: Decided, channel: string, code: string): Promise<void> => {
    expect(await mesh.fateOf(decided)).toBe(code);
    expect(mesh.lines(channel)).toEqual([]);
    expect(mesh.outcomesOf(decided)).toEqual([]);
  };

  it('#4: parameters that changed after approval are a digest_mismatch', async () => {
    const { action, channel } = alert();
    const changed = { ...action, params: { ...action.params, title: 'Another title' } };
    await untouched(await mesh.decide(action, 1, { data: { action: changed } }), channel, 'digest_mismatch');
  });

  it('#4: an action whose target is not what its parameters mean is refused even with a permit', async () => {
    const { action, channel } = alert({ target: 'alert-log:quiet' });
    await untouched(await mesh.decide(action, 1), channel, 'target_mismatch');
  });

  it('#17: a decision without a permit, with one of another signer, and one that approval did not publish', async () => {
    const { action, channel } = alert();
    const forger = WorkloadKey.generate();
    await mesh.world.trust.know('reasoning', forger);
    await untouched(await mesh.decide(action, 1, { by: forger }), channel, 'permit_wrong_producer');

    const direct = mesh.decision(action, 1);
    await mesh.world.trust.publishAs('reasoning', [direct.event]);
    const unknown = mesh.decision(action, 1);
    await mesh.world.trust.publishSignedBy('approval', forger, [unknown.event]);
    await mesh.world.until(RecordQuarantined, ({ topic }) => topic.endsWith('approval.decisions.v1'), 2);
    expect(mesh.lines(channel)).toEqual([]);
    expect(mesh.outcomesOf(direct)).toEqual([]);
  });

  it('#8: a permit whose key was revoked since is no longer good', async () => {
    const stolen = WorkloadKey.generate();
    await mesh.world.trust.know('approval', stolen);
    await mesh.world.trust.publishAs('identity', [mesh.revocation(`workload:${stolen.kid}`)]);
    // Until action has read the revocation, the key is good.
    await mesh.world.when(async () => (await mesh.fateOf(await mesh.decide(alert().action, 1, { by: stolen }))) === 'permit_key_revoked', 'the revocation');

    const { action, channel } = alert();
    await untouched(await mesh.decide(action, 1, { by: stolen }), channel, 'permit_key_revoked');
  });

  it('#3: an automatic permit that expired comes back and the next one is used; one that people gave is over', async () => {
    const { action, channel } = alert();
    const past = Math.floor(Date.now() / 1000) - 600;
    const expired = await mesh.decide(action, 1, { permit: { nbf: past, exp: past + 300 } });
    expect((await mesh.returnOf(expired)).data).toMatchObject({ code: 'permit_expired', jti: expired.permit.jti });
    await mesh.publish(expired);
    expect(mesh.lines(channel)).toEqual([]);
    const next = await mesh.decide(action, 1);
    expect((await mesh.outcomeOf(next)).data).toMatchObject({ result: 'succeeded', jti: next.permit.jti });
    expect(mesh.lines(channel)).toEqual([next.key]);
    expect(mesh.world.of(PermitReturned, ({ actionId }) => actionId === action.actionId)).toHaveLength(1);

    const approved = await mesh.decide(webhook(), 2, { permit: { nbf: past, exp: past + 300, ...approvedByPeople } });
    expect((await mesh.outcomeOf(approved)).data).toMatchObject({ result: 'failed', code: 'expired', attempts: 0 });
    expect(mesh.sink.of(approved.key)).toEqual([]);
  });

  it('another tenant under this id does not touch it', async () => {
    const { action, channel } = alert();
    const decided = await mesh.decide(action, 1);
    await mesh.outcomeOf(decided);
    const other = await mesh.decide({ ...action, tenant: 'another' }, 1);
    await mesh.world.when(() => mesh.lines(channel, 'another').length === 1, 'the line of the other tenant');
    expect(mesh.lines(channel)).toEqual([decided.key]);
    expect(other.key).not.toBe(decided.key);
  });
});

describe('policies, stops and staleness', () => {
  it('#11: a stop between permit and effect is obeyed, also while the action waits for its receipt', async () => {
    mesh.present.audit = false;
    const waiting = await mesh.decide(webhook(), 2);
    await mesh.intentOf(waiting);
    const stop = await mesh.stop({ kind: 'tool', name: 'webhook.send' });
    mesh.present.audit = true;
    expect((await mesh.outcomeOf(waiting)).data).toMatchObject({ result: 'failed', code: 'stopped', attempts: 0 });
    expect(mesh.sink.of(waiting.key)).toEqual([]);
    const { action, channel } = alert();
    await mesh.outcomeOf(await mesh.decide(action, 1));
    expect(mesh.lines(channel)).toHaveLength(1);
    const before = mesh.decision(webhook(), 1);
    await mesh.lift(stop);
    await mesh.publish(before);
    expect((await mesh.outcomeOf(before)).data.code).toBe('stopped');
    expect((await mesh.outcomeOf(await mesh.decide(webhook(), 1))).data.code).toBe('done');
  });

  it('#11: while pulses are away tier 2 is held and tier 1 goes on; when they are back it is done once', async () => {
    mesh.present.pulses = false;
    const stale = async (): Promise<number> => metric('nervus_actions_held_total', 'view_stale');
    const before = await stale();
    await mesh.world.when(async () => {
      await mesh.decide(webhook(), 2);
      return (await stale()) > before;
    }, 'a stale view');
    const held = await mesh.decide(webhook(), 2);
    await afterwards();
    expect(mesh.sink.of(held.key)).toEqual([]);
    mesh.present.pulses = true;
    expect((await mesh.outcomeOf(held)).data).toMatchObject({ result: 'succeeded' });
    expect(mesh.sink.of(held.key)).toHaveLength(1);
  });

  it('a permit under a policy set that was not seen yet waits for it, one under an older set comes back', async () => {
    const older = mesh.decision(alert().action, 1);
    const { version } = mesh.policy;
    const { action, channel } = alert();
    const ahead = await mesh.decide(action, 1, { permit: { pol: { v: version + 1, h: mesh.policy.hash } } });
    await afterwards();
    expect(mesh.lines(channel)).toEqual([]);
    await mesh.activate(version + 1);
    expect((await mesh.outcomeOf(ahead)).data.result).toBe('succeeded');
    await mesh.publish(older);
    expect((await mesh.returnOf(older)).data.code).toBe('policy_stale');
  });
});

describe('services that are away', () => {
  it('#10: without audit no action of tier 2 begins; when it is back all are done, none twice', async () => {
    mesh.present.audit = false;
    const decided = Array.from({ length: 20 }, () => mesh.decision(webhook(), 2));
    await mesh.publish(...decided);
    await Promise.all(decided.map((one) => mesh.intentOf(one)));
    const { action, channel } = alert();
    await mesh.outcomeOf(await mesh.decide(action, 1));
    expect(mesh.lines(channel)).toHaveLength(1);
    expect(decided.flatMap(({ key }) => mesh.sink.of(key))).toEqual([]);
    mesh.present.audit = true;
    const outcomes = await Promise.all(decided.map((one) => mesh.outcomeOf(one)));
    expect(new Set(outcomes.map(({ data }) => data.result))).toEqual(new Set(['succeeded']));
    expect(decided.map(({ key }) => mesh.sink.applied.get(key))).toEqual(decided.map(() => 1));
  });

  it('without identity an action that needs a token waits, others go on; it asks once and uses the late answer', async () => {
    mesh.present.identity = false;
    const decided = await mesh.decide(order(), 2);
    await mesh.world.until(CredentialRequested, ({ actionId }) => actionId === decided.action.actionId);
    expect((await mesh.outcomeOf(await mesh.decide(webhook(), 2))).data.result).toBe('succeeded');
    expect(mesh.sink.of(decided.key)).toEqual([]);
    mesh.present.identity = true;
    expect((await mesh.outcomeOf(decided)).data.result).toBe('succeeded');
    expect(mesh.world.of(CredentialRequested, ({ actionId }) => actionId === decided.action.actionId)).toHaveLength(1);
  });

  it('a target that is away is waited for, and nothing is sent to it meanwhile', async () => {
    mesh.sink.behave = (_, response) => {
      response.writeHead(429).end();
      return true;
    };
    const decided = await mesh.decide(webhook(), 1);
    await mesh.world.when(() => mesh.sink.of(decided.key).length >= 4, 'the attempts of one call');
    mesh.sink.behave = () => false;
    expect((await mesh.outcomeOf(decided)).data).toMatchObject({ result: 'succeeded' });
    expect(mesh.sink.applied.get(decided.key)).toBe(1);
  });
});

async function metric(name: string, label: string): Promise<number> {
  const texts = await Promise.all(mesh.managementPorts.map(async (port) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()));
  return texts.flatMap((text) => text.split('\n')).filter((line) => line.startsWith(name) && line.includes(label)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
