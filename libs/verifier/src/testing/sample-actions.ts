// SPDX-License-Identifier: Apache-2.0
import { DecisionMade, derivedId, type ExactAction, IntentRecorded, OutcomeRecorded, PolicySetActivated, ProposalMade, SignalAccepted, type Tier } from '@nervus/contracts';
import { digestOfAction, digestOfBytes, idempotencyKeyOf, issuePermit, type Permit } from '@nervus/trust';
import type { SampleMesh, SampleRecord } from './sample-mesh.js';

const hash = digestOfBytes('sample');

/** The policy set that all sample permits are given under. */
export function samplePolicy(mesh: SampleMesh): SampleRecord[] {
  return mesh.of('approval').write({ type: PolicySetActivated, key: 'policy-set', id: derivedId('policy', '1'), data: { version: 1, hash, by: ['installation'], at: new Date(mesh.now).toISOString() } });
}

/** The n-th action of the sample, from the signal to the outcome, each by the process that owns it. */
export function sampleAction(mesh: SampleMesh, n: number, tier: Tier, { tenant = 'default', permitKey = mesh.of('approval').key } = {}): { readonly records: SampleRecord[]; readonly idempotencyKey: string; readonly digest: string } {
  const id = (what: string): string => derivedId(what, String(n));
  const runId = id('run');
  const action: ExactAction = {
    v: 1, tenant, actionId: id('action'), runId, agent: { name: 'market-news', version: '1.0.0', digest: hash }, tool: 'alert', operation: 'log', toolVersion: 1, toolSchema: hash, target: 'alert-log:desk', params: { channel: 'desk', severity: 50, title: `alert ${n}`, text: '' }, effect: 'write',
  };
  const digest = digestOfAction(action);
  const instant = new Date(mesh.now).toISOString();
  const [approval, acting] = [mesh.of('approval'), mesh.of('action')];
  const claims: Permit = { iss: approval.spiffeId, aud: 'action', jti: id('jti'), sub: `spiffe://nervus.local/tenant/${tenant}/agent/market-news`, act: digest, aid: action.actionId, tier, pol: { v: 1, h: hash }, stp: 0, nbf: Math.floor(mesh.now / 1000), exp: Math.floor(mesh.now / 1000) + 300, use: 1 };
  const permit = issuePermit(claims, permitKey);
  const headers = { actiondigest: digest, tier: String(tier) };
  const signal = mesh.of('ingestion').write({
    type: SignalAccepted, key: 'desk', id: id('signal'), tenant,
    data: { kind: 'webhook', source: 'desk', origin: { id: String(n), type: 't', source: 's' }, subject: 'desk', content: { n }, labels: {}, raw: { sha256: hash, bytes: 1 } },
  });
  const proposal = mesh.of('reasoning').write({
    type: ProposalMade, key: runId, id: id('proposal'), tenant, extensions: { actiondigest: digest },
    data: { action, labels: {}, confidence: 1, reasons: [], against: [], sources: [], contextHash: hash, agentRecordVersion: 1, expiresAt: instant },
  });
  const decision = approval.write({
    type: DecisionMade, key: runId, id: id('decision'), tenant, extensions: { ...headers, permit },
    data: { result: 'permitted', code: 'automatic', action, digest, tier, risk: { score: 1, rows: [] }, policies: [], policySet: { v: 1, h: hash }, registryVersion: 1, ruling: 1, permit },
  });
  const authority = { ...headers, permit, decisionleaf: decision[0]?.leaf ?? '' };
  const named = { actionId: action.actionId, runId, digest, jti: claims.jti, tier };
  const intent = tier < 2 ? [] : acting.write({ type: IntentRecorded, key: runId, id: id('intent'), tenant, extensions: authority, data: { ...named, deadline: new Date(mesh.now + 300_000).toISOString() } });
  const idempotencyKey = idempotencyKeyOf(digest);
  const outcome = acting.write({
    type: OutcomeRecorded, key: runId, id: id('outcome'), tenant, extensions: { ...authority, result: 'succeeded', ...(intent[0] && { intentleaf: intent[0].leaf }) },
    data: { ...named, tool: 'alert', operation: 'log', target: action.target, result: 'succeeded', code: 'done', detail: '', attempts: 1, idempotencyKey, startedAt: instant, finishedAt: instant },
  });
  return { records: [...signal, ...proposal, ...decision, ...intent, ...outcome], idempotencyKey, digest };
}
