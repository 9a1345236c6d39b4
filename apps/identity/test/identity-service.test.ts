// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AgentChanged, CredentialAnswered, CredentialRequested, EnrolmentRequested, type ExactAction, findOperation, IdentityRecorded, ownTopics, PolicySetActivated, PulseBeaten, rootId, WorkloadChanged } from '@nervus/contracts';
import { evidenceContext, ServiceClock } from '@nervus/service-kit';
import { ServiceWorld } from '@nervus/testing';
import { DecryptionKey, digestOf, digestOfAction, encryptJwe, importPublicJwk, issuePermit, type Permit, signJws, toolSchemaOf, verifyAccessToken, WorkloadKey } from '@nervus/trust';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launcherTokenProfile } from '../src/domain/launcher-token.js';
import { identityService } from '../src/identity.service.js';

const { CommandAnswered } = ownTopics('identity');
const launcher = WorkloadKey.generate();
let world: ServiceWorld;
let url: string;

beforeAll(async () => {
  world = await ServiceWorld.open('identity');
  for (const [name, key] of Object.entries(world.trust.privateKeys)) writeFileSync(join(world.folder, `${name}.jwk`), JSON.stringify(key));
  const rule = { name: 'local-action', kind: 'launcher', issuer: 'nervus-launcher', audience: 'nervus-identity', keys: [launcher.publicJwk], subject: { equals: 'action' }, service: 'action' };
  writeFileSync(join(world.folder, 'trust-rules.json'), JSON.stringify({ rules: [rule] }));
  const service = await world.start(identityService, { NERVUS_KEY_FOLDER: world.folder, NERVUS_TRUST_RULES: join(world.folder, 'trust-rules.json'), NERVUS_ISSUER: 'http://identity.test', NERVUS_STALE_AFTER_SECONDS: '60' });
  url = `http://127.0.0.1:${service.httpPort}`;
});
afterAll(() => world.close());

function token(jti: string, change: object = {}): string {
  const iat = Math.floor(Date.now() / 1000);
  return signJws(launcher, launcherTokenProfile, Buffer.from(JSON.stringify({ iss: 'nervus-launcher', sub: 'action', aud: 'nervus-identity', jti, iat, exp: iat + 120, ...change })));
}

/** Publishes an enrolment as a starting process does, signed by the key that it shows. */
async function enrol(key: WorkloadKey, evidence: { token: string; kid: string }, signer = key): Promise<string> {
  const id = rootId(Date.now());
  const jwe = await encryptJwe(Buffer.from(JSON.stringify(evidence)), world.trust.bundle.enrolmentKey, evidenceContext(key.kid));
  const data: EnrolmentRequested = { kid: key.kid, jwk: key.publicJwk, service: 'action', epoch: rootId(Date.now()), evidence: jwe };
  const event = { id, type: EnrolmentRequested.type, topic: 'nervus.identity.enrolments.v1', key: key.kid, time: new Date().toISOString(), correlationId: id, hops: 0, extensions: {}, value: JSON.stringify(data) };
  await world.trust.publishSignedBy('action', signer, [event]);
  return id;
}

describe('enrolment', () => {
  it('a process that proves where it runs is made known, and its own key by the pinned root', async () => {
    const key = WorkloadKey.generate();
    await enrol(key, { token: token('0000000000000001'), kid: key.kid });
    const [entry] = await world.until(WorkloadChanged, (data) => data.kid === key.kid);
    expect(entry?.data).toMatchObject({ service: 'action', spiffeId: 'spiffe://nervus.local/service/action', version: 1 });
    expect(world.of(WorkloadChanged, (data) => data.service === 'identity' && data.rootProof !== undefined).length).toBeGreaterThan(0);
    await world.until(IdentityRecorded, (data) => data.what === 'enrolled' && data.subject === entry?.data.spiffeId);
  });

  it('a token that has enrolled one key enrols no other', async () => {
    const [first, second] = [WorkloadKey.generate(), WorkloadKey.generate()];
    await enrol(first, { token: token('0000000000000002'), kid: first.kid });
    await world.until(WorkloadChanged, (data) => data.kid === first.kid);
    const id = await enrol(second, { token: token('0000000000000002'), kid: second.kid });
    const [answer] = await world.until(CommandAnswered, (data) => data.commandId === id);
    expect(answer?.data).toMatchObject({ code: 'token_used', status: 403 });
  });

  it('evidence copied from another process is refused', async () => {
    const [owner, thief] = [WorkloadKey.generate(), WorkloadKey.generate()];
    const id = await enrol(thief, { token: token('0000000000000003'), kid: owner.kid });
    const [answer] = await world.until(CommandAnswered, (data) => data.commandId === id);
    expect(answer?.data.code).toBe('evidence_not_bound');
  });

  it('an enrolment that another key signed is quarantined and answered by nobody', async () => {
    const [shown, signer] = [WorkloadKey.generate(), WorkloadKey.generate()];
    const id = await enrol(shown, { token: token('0000000000000004'), kid: shown.kid }, signer);
    await world.until(ownTopics('identity').RecordQuarantined, (data) => data.code === 'forged_record' && data.kid === signer.kid);
    expect(world.of(CommandAnswered, (data) => data.commandId === id)).toEqual([]);
    expect(world.of(WorkloadChanged, (data) => data.kid === shown.kid)).toEqual([]);
  });
});

describe('minting', () => {
  const { tool, operation } = findOperation('http', 'request', 1)!;
  const approval = WorkloadKey.generate();
  const clock = new ServiceClock();

  beforeAll(async () => {
    await world.trust.know('approval', approval);
    const hash = digestOf('policies');
    await world.publish(PolicySetActivated, { key: 'policy-set', id: rootId(Date.now()), data: { version: 1, hash, by: ['test'], at: clock.instant() } });
    await world.publish(AgentChanged, { tenant: 'default', key: 'market-news', id: rootId(Date.now()), data: { name: 'market-news', version: '1.0.0', digest: hash, owner: 'group:risk-desk', editors: [], enabled: true, manifest: { spec: { tools: [{ ref: 'http.request@1' }] } }, recordVersion: 1 } });
    await world.publish(PulseBeaten, { key: 'pulse', id: rootId(Date.now()), data: { epoch: 0, stopsHash: hash, policyVersion: 1, at: clock.instant() } });
  });

  function request(change: { action?: Partial<ExactAction>; permit?: Partial<Permit> } = {}): { data: CredentialRequested; key: DecryptionKey; permit: Permit } {
    const [runId, actionId] = [rootId(Date.now()), rootId(Date.now())];
    const action: ExactAction = {
      v: 1, tenant: 'default', actionId, runId, agent: { name: 'market-news', version: '1.0.0', digest: digestOf('policies') }, tool: 'http', operation: 'request', toolVersion: 1, toolSchema: toolSchemaOf(tool, operation),
      target: 'POST https://api.example.com/orders', params: { method: 'POST', url: 'https://api.example.com/orders' }, effect: 'irreversible',
    };
    const now = Math.floor(Date.now() / 1000);
    const permit: Permit = {
      iss: world.trust.spiffeIdOf('approval'), aud: 'action', jti: rootId(Date.now()), sub: 'spiffe://nervus.local/tenant/default/agent/market-news', act: digestOfAction(action), aid: actionId, tier: 2, pol: { v: 1, h: digestOf('policies') }, stp: 0,
      nbf: now - 1, exp: now + 600, use: 1, ...change.permit,
    };
    const key = DecryptionKey.generate();
    const data: CredentialRequested = {
      requestId: rootId(Date.now()), runId, actionId, client: world.trust.spiffeIdOf('action'),
      access_token: { access: [{ type: 'nervus-tool', actions: ['http.request'], identifier: actionId, locations: ['https://api.example.com'] }] },
      nervus_permit: issuePermit(permit, approval), nervus_action: { ...action, ...change.action }, nervus_enc: key.publicJwk,
    };
    return { data, key, permit };
  }

  async function answerTo(data: CredentialRequested, tenant = 'default'): Promise<CredentialAnswered> {
    await world.publish(CredentialRequested, { tenant, key: data.runId, id: rootId(Date.now()), data });
    const [answer] = await world.until(CredentialAnswered, (seen) => seen.requestId === data.requestId);
    return answer!.data;
  }

  it('mints a token for one audience, bound to the key that asked, readable by the one key given; its issuer publishes the key', async () => {
    const { data, key, permit } = request();
    const answer = await answerTo(data);
    expect(answer.outcome).toBe('issued');
    const asker = world.of(CredentialAnswered, (seen) => seen.requestId === data.requestId)[0]!;
    const kid = world.trust.kidOf('action');
    const compact = (await key.decrypt(answer.jwe!, { apu: 'nervus-identity', apv: kid, header: { cid: data.requestId } })).toString('utf8');
    const { keys } = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as { keys: { kid: string; kty: 'EC'; crv: 'P-256'; x: string; y: string }[] };
    const claims = verifyAccessToken(compact, {
      issuer: 'http://identity.test', audience: 'https://api.example.com', now: Date.now(), skewSeconds: 2,
      keyOf: (wanted) => {
        const found = keys.find((candidate) => candidate.kid === wanted);
        return found && importPublicJwk({ kty: found.kty, crv: found.crv, x: found.x, y: found.y });
      },
    });
    expect(claims).toMatchObject({ sub: permit.sub, cnf: { jkt: kid }, act: { sub: world.trust.spiffeIdOf('action') } });
    expect(asker.record.value!.toString('utf8')).not.toContain(compact);
  });

  it('another action than was permitted gets nothing: digest_mismatch', async () => {
    const { data } = request({ action: { params: { method: 'POST', url: 'https://evil.example.com/orders' } } });
    expect(await answerTo(data)).toMatchObject({ outcome: 'refused', error: { code: 'digest_mismatch' } });
  });

  it('an expired permit gets nothing', async () => {
    const now = Math.floor(Date.now() / 1000);
    const { data } = request({ permit: { nbf: now - 700, exp: now - 100 } });
    expect(await answerTo(data)).toMatchObject({ outcome: 'refused', error: { code: 'expired' } });
  });

  it('a permit signed by anyone but approval gets nothing', async () => {
    const { data, permit } = request();
    const forger = WorkloadKey.generate();
    await world.trust.know('reasoning', forger);
    expect(await answerTo({ ...data, nervus_permit: issuePermit(permit, forger) })).toMatchObject({ outcome: 'refused' });
  });

  it('a fourth credential for one permit is refused', async () => {
    const { data } = request();
    for (let n = 0; n < 3; n++) expect((await answerTo({ ...data, requestId: rootId(Date.now()) })).outcome).toBe('issued');
    expect(await answerTo({ ...data, requestId: rootId(Date.now()) })).toMatchObject({ error: { code: 'too_many_requests' } });
  });

  it('discovery names the issuer and its keys', async () => {
    const metadata = await (await fetch(`${url}/.well-known/openid-configuration`)).json();
    expect(metadata).toMatchObject({ issuer: 'http://identity.test', jwks_uri: 'http://identity.test/.well-known/jwks.json' });
    const workloads = (await (await fetch(`${url}/.well-known/workload-keys.json`)).json()) as { keys: { kid: string }[] };
    expect(workloads.keys.map(({ kid }) => kid)).toContain(approval.kid);
  });
});
