// SPDX-License-Identifier: Apache-2.0
import { CredentialRequested, type ExactAction, findOperation, StopChanged } from '@nervus/contracts';
import { digestOfAction, type Permit, toolSchemaOf } from '@nervus/trust';
import { describe, expect, it } from 'vitest';
import { judgeCredentialRequest, type View } from './credential.js';

const now = Date.parse('2026-11-24T10:00:00.000Z');
const { tool, operation } = findOperation('http', 'request', 1)!;
const example = CredentialRequested.examples[0]!;
const action: ExactAction = { ...example.nervus_action, toolSchema: toolSchemaOf(tool, operation) };
const data = { ...example, nervus_action: action };
const permit: Permit = {
  iss: 'spiffe://nervus.local/service/approval', aud: 'action', jti: '0193f3a0-0000-7000-8000-000000000001', sub: 'spiffe://nervus.local/tenant/default/agent/market-news', act: digestOfAction(action), aid: action.actionId, tier: 2,
  pol: { v: 3, h: action.toolSchema }, stp: 4, nbf: now / 1000 - 10, exp: now / 1000 + 600, use: 1,
};
const view: View = {
  policyVersion: 3, stopEpoch: 4, stops: [], pulseAgeMs: 500, staleAfterMs: 5000, permitRevoked: false,
  agent: { name: 'market-news', version: '1.0.0', digest: action.toolSchema, owner: 'group:risk-desk', editors: [], enabled: true, manifest: { spec: { tools: [{ ref: 'http.request@1' }] } }, recordVersion: 1 },
};
const stop = StopChanged.examples[0]!;
const judge = (change: { data?: object; permit?: object; view?: Partial<View>; requester?: string } = {}): ReturnType<typeof judgeCredentialRequest> =>
  judgeCredentialRequest({ ...data, ...change.data }, { ...permit, ...change.permit }, change.requester ?? 'spiffe://nervus.local/service/action', { ...view, ...change.view }, now);

describe('minting', () => {
  it('one token for one audience, no longer than five minutes or the permit', () => {
    expect(judge()).toEqual({ verdict: 'mint', audience: 'https://api.example.com', expiresInSeconds: 300 });
    expect(judge({ permit: { exp: now / 1000 + 20 } })).toMatchObject({ expiresInSeconds: 20 });
  });

  it.each([
    ['another action than was permitted', { data: { nervus_action: { ...action, params: { ...action.params, body: { hedge: false } } } } }, 'digest_mismatch'],
    ['another client', { requester: 'spiffe://nervus.local/service/reasoning' }, 'invalid_client'],
    ['another location', { data: { access_token: { access: [{ ...data.access_token.access[0], locations: ['https://evil.example'] }] } } }, 'invalid_access'],
    ['another operation', { data: { access_token: { access: [{ ...data.access_token.access[0], actions: ['http.delete'] }] } } }, 'invalid_access'],
    ['an older policy set', { view: { policyVersion: 4 } }, 'policy_stale'],
    ['a revoked permit', { view: { permitRevoked: true } }, 'revoked'],
    ['an active stop', { view: { stops: [{ ...stop, scope: { kind: 'all' } as const }] } }, 'stopped'],
    ['a stop of the agent that was lifted after the permit', { view: { stopEpoch: 6, stops: [{ ...stop, active: false, epoch: 6 }] } }, 'stopped'],
    ['an agent that no longer lists the tool', { view: { agent: { ...view.agent!, manifest: { spec: { tools: [] } } } } }, 'tool_not_in_manifest'],
    ['a disabled agent', { view: { agent: { ...view.agent!, enabled: false } } }, 'tool_not_in_manifest'],
    ['an expired permit', { permit: { exp: now / 1000 } }, 'expired'],
  ])('%s is refused', (_, change, code) => {
    expect(judge(change)).toMatchObject({ verdict: 'refuse', code });
  });

  it.each([
    ['a policy set not seen yet', { view: { policyVersion: 2 } }],
    ['no policy set seen at all', { view: { policyVersion: undefined } }],
    ['a stop epoch not seen yet', { permit: { stp: 5 } }],
    ['a stale view of stops', { view: { pulseAgeMs: 6000 } }],
    ['no pulse seen yet', { view: { pulseAgeMs: undefined } }],
  ])('%s holds and never refuses', (_, change) => {
    expect(judge(change)).toMatchObject({ verdict: 'hold' });
  });

  it('a stop of another tenant, agent or tool does not hinder', () => {
    const stops = [{ ...stop, tenant: 'other', scope: { kind: 'all' } as const }, { ...stop, scope: { kind: 'agent', name: 'other' } as const }, { ...stop, scope: { kind: 'tool', name: 'alert.log' } as const }];
    expect(judge({ view: { stops } })).toMatchObject({ verdict: 'mint' });
  });
});
