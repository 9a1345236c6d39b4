// SPDX-License-Identifier: Apache-2.0
import type { ExactAction } from '@nervus/contracts';
import { digestOfAction, idempotencyKeyOf } from '@nervus/trust';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleAction, SampleWorld, start } from '../../test/sample-world.js';
import { type Claimed, claimedOf, stored } from './permitted.js';

const world = new SampleWorld();
const codeOf = (claimed: Claimed, now?: number): string => {
  const check = world.check(claimed, now);
  return check.verdict === 'good' ? 'good' : check.code;
};

describe('holding a decision to its permit', () => {
  it('what was permitted is taken, with one idempotency key for all attempts', () => {
    const action = sampleAction();
    const check = world.check(world.claimed(action));
    expect(check).toMatchObject({ verdict: 'good', permitted: { idempotencyKey: idempotencyKeyOf(digestOfAction(action)) } });
  });

  it.each<[string, (action: ExactAction) => ExactAction]>([
    ['a parameter', (action) => ({ ...action, params: { ...action.params, title: 'Another title' } })],
    ['the target', (action) => ({ ...action, target: 'alert-log:elsewhere' })],
    ['the schema of the tool', (action) => ({ ...action, toolSchema: action.agent.digest })],
    ['the precision of an amount', (action) => ({ ...action, params: { ...action.params, severity: 80.0000001 } })],
    ['the unicode form of a text', (action) => ({ ...action, params: { ...action.params, title: 'Caf\u0065\u0301' } })],
    ['the run', (action) => ({ ...action, runId: action.actionId })],
    ['the agent', (action) => ({ ...action, agent: { ...action.agent, version: '1.0.1' } })],
  ])('changing %s after approval is a digest_mismatch, in the decision and in the permit alike', (_, change) => {
    const action = sampleAction('alert.log', { params: { channel: 'market-news', severity: 80, title: 'Café', text: 'x' } });
    const claimed = world.claimed(action);
    const changed = change(action);
    expect(codeOf({ ...claimed, action: changed })).toBe('digest_mismatch');
    expect(codeOf({ ...claimed, action: changed, digest: digestOfAction(changed) })).toBe('digest_mismatch');
  });

  it('no single change of a parameter passes, whatever it is', () => {
    const action = sampleAction('webhook.send', { params: { endpoint: 'risk-desk', type: 't', payload: { n: 1 } } });
    const claimed = world.claimed(action);
    fc.assert(
      fc.property(fc.jsonValue(), (payload) => {
        const changed = { ...action, params: { ...action.params, payload: { n: 1, extra: payload } } };
        expect(codeOf({ ...claimed, action: changed })).toBe('digest_mismatch');
      }),
      { numRuns: 50 },
    );
  });

  it('a tool of another schema than ours is refused even when it was permitted so', () => {
    expect(codeOf(world.claimed(sampleAction('alert.log', { toolSchema: sampleAction().agent.digest })))).toBe('tool_schema_mismatch');
    expect(codeOf(world.claimed(sampleAction('alert.log', { toolVersion: 2 })))).toBe('tool_unknown');
    expect(codeOf(world.claimed(sampleAction('alert.log', { operation: 'erase' })))).toBe('tool_unknown');
  });

  it('parameters that the tool does not take, and a target or effect that they do not mean, are refused', () => {
    expect(codeOf(world.claimed(sampleAction('alert.log', { params: { channel: '../../etc/passwd', severity: 1, title: 'x', text: '' } })))).toBe('schema_invalid');
    expect(codeOf(world.claimed(sampleAction('alert.log', { params: { channel: 'a', severity: 1, title: 'x', text: '', extra: 1 } })))).toBe('schema_invalid');
    expect(codeOf(world.claimed(sampleAction('alert.log', { target: 'alert-log:quiet' })))).toBe('target_mismatch');
    expect(codeOf(world.claimed(sampleAction('http.request', { effect: 'read' })))).toBe('target_mismatch');
  });

  it('a permit of another signer, audience, agent, action or tier is no permit', () => {
    const action = sampleAction();
    const claimed = world.claimed(action);
    expect(codeOf({ ...claimed, permit: world.permit(action, 1, {}, world.action) })).toBe('permit_wrong_producer');
    expect(codeOf({ ...claimed, permit: world.permit(action, 1, { aud: 'identity' }) })).toBe('permit_wrong_audience');
    expect(codeOf({ ...claimed, permit: world.permit(action, 1, { sub: 'spiffe://nervus.local/tenant/default/agent/another' }) })).toBe('permit_mismatch');
    expect(codeOf({ ...claimed, permit: world.permit(action, 1, { sub: 'spiffe://nervus.local/tenant/another/agent/market-news' }) })).toBe('permit_mismatch');
    expect(codeOf({ ...claimed, permit: world.permit(action, 1, { aid: action.runId }) })).toBe('permit_mismatch');
    expect(codeOf({ ...claimed, tier: 0 })).toBe('permit_mismatch');
    expect(codeOf({ ...claimed, permit: `${claimed.permit.slice(0, -4)}AAAA` })).toBe('permit_signature_invalid');
    expect(codeOf({ ...claimed, permit: 'e30.e30.e30' })).toBe('permit_header_refused');
    expect(codeOf({ ...claimed, tenant: 'another' })).toBe('tenant_mismatch');
  });

  it('a permit whose key is not known yet waits; one whose key was revoked is no longer good, one whose key only ended is', () => {
    const other = new SampleWorld();
    const action = sampleAction();
    expect(world.check(other.claimed(action))).toMatchObject({ verdict: 'wait', code: 'permit_unknown_key' });
    const claimed = other.claimed(action);
    expect(other.check(claimed, start + 4 * 3_600_000)).toMatchObject({ verdict: 'good' });
    other.directory.revoke({ subject: `workload:${other.approval.kid}`, at: new Date(start + 1000).toISOString(), reason: 'stolen', expiresAt: new Date(start + 1e9).toISOString(), version: 1 });
    expect(other.check(claimed, start + 500)).toMatchObject({ verdict: 'good' });
    expect(other.check(claimed, start + 2000)).toMatchObject({ verdict: 'refused', code: 'permit_key_revoked' });
  });

  it('an action that was kept and read again is still exactly the same', () => {
    const permitted = world.permitted(sampleAction('webhook.send', { params: { endpoint: 'risk-desk', type: 't', payload: { 'a.b': 1, $set: { $where: 'x' } } } }));
    const kept: unknown = JSON.parse(JSON.stringify(stored(permitted)));
    expect(world.check(claimedOf(kept as ReturnType<typeof stored>))).toMatchObject({ verdict: 'good', permitted: { digest: permitted.digest } });
  });
});
