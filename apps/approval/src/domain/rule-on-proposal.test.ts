// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { alertProposal, changedSet, noon, orderProposal, proposalOf, sampleAgent, system, trusted, untrusted, worldOf } from '../../test/sample-world.js';
import { ruleOnProposal } from './rule-on-proposal.js';

const rule = (proposal: Parameters<typeof ruleOnProposal>[0], changes: Parameters<typeof worldOf>[0] = {}): { kind: string; code?: string; tier: number; policies: readonly string[]; score: number } => {
  const { kind, tier, policies, risk, ...rest } = ruleOnProposal(proposal, worldOf(changes));
  return { kind, tier, policies, score: risk.score, ...('code' in rest ? { code: rest.code } : {}) };
};
const manifestWith = (spec: object): typeof sampleAgent => ({ ...sampleAgent, manifest: { ...(sampleAgent.manifest as object), spec: { ...(sampleAgent.manifest as { spec: object }).spec, ...spec } } });

describe('what happens by itself', () => {
  it('an alert in a listed channel', () => {
    expect(rule(alertProposal())).toEqual({ kind: 'automatic', tier: 1, policies: ['alert-log-automatic'], score: 10 });
  });

  it('a message to a listed endpoint', () => {
    const message = proposalOf('webhook.send', { endpoint: 'risk-desk', type: 'market.alert', payload: { text: 'x' } }, { '/endpoint': trusted, '/type': trusted, '/payload': untrusted });
    expect(rule(message)).toMatchObject({ kind: 'automatic', tier: 1, policies: ['webhook-listed-automatic'] });
  });

  it('a read', () => {
    const read = proposalOf('http.request', { method: 'GET', url: 'https://api.example.com/prices' }, { '/method': trusted, '/url': system });
    expect(rule(read)).toMatchObject({ kind: 'automatic', tier: 0, policies: ['http-read-automatic'] });
  });
});

describe('what people are asked about', () => {
  it('an order, at tier 2 and with a session', () => {
    const ruling = ruleOnProposal(orderProposal(), worldOf());
    expect(ruling).toMatchObject({ kind: 'ask', tier: 2, policies: ['http-effect-people'], demands: { approvers: ['group:risk-reviewers'], quorum: 1, proof: 'session', expiresMs: 14_400_000 } });
  });

  it('a channel that untrusted text chose, although the text fits the manifest', () => {
    const steered = proposalOf('alert.log', { channel: 'market-risk', severity: 1, title: 't', text: '' }, { '/channel': untrusted, '/severity': system, '/title': untrusted, '/text': untrusted });
    const free = manifestWith({ tools: [{ ref: 'alert.log@1' }] });
    // On the destination list: the operator chose it too. Off the list: nobody but the text did.
    expect(rule(steered, { agent: free })).toMatchObject({ kind: 'automatic' });
    const elsewhere = proposalOf('alert.log', { channel: 'off-list', severity: 1, title: 't', text: '' }, { '/channel': untrusted, '/severity': system, '/title': untrusted, '/text': untrusted });
    expect(rule(elsewhere, { agent: free })).toMatchObject({ kind: 'ask', policies: ['alert-log-people'] });
  });

  it('an owner label that neither manifest nor list bears out is a claim like any other', () => {
    const claimed = proposalOf('alert.log', { channel: 'off-list', severity: 1, title: 't', text: '' }, { '/channel': trusted, '/severity': system, '/title': untrusted, '/text': untrusted });
    expect(rule(claimed, { agent: manifestWith({ tools: [{ ref: 'alert.log@1' }] }) })).toMatchObject({ kind: 'ask' });
    expect(rule(claimed, { agent: manifestWith({ tools: [{ ref: 'alert.log@1', constraints: { channel: { const: 'off-list' } } }] }) })).toMatchObject({ kind: 'automatic' });
  });

  it('the manifest may tighten tier, reviewers and time, and loosen nothing', () => {
    const stricter = ruleOnProposal(alertProposal(), worldOf({ agent: manifestWith({ approval: { minTier: 2, reviewers: 'group:risk-desk', quorum: 2, expiresIn: '30m' } }) }));
    expect(stricter).toMatchObject({ kind: 'ask', tier: 2, demands: { approvers: ['group:risk-desk', 'group:risk-reviewers'], quorum: 2, expiresMs: 1_800_000 } });
    expect(ruleOnProposal(orderProposal(), worldOf({ agent: manifestWith({ approval: { minTier: 0, expiresIn: '7d' } }) }))).toMatchObject({ kind: 'ask', tier: 2, demands: { expiresMs: 14_400_000 } });
  });
});

describe('what is refused', () => {
  const action = (changes: object): Parameters<typeof alertProposal>[0] => ({ action: changes });

  it.each([
    ['a tool that is not in the catalogue', alertProposal(action({ toolVersion: 2 })), 'unknown_tool'],
    ['another tool schema', alertProposal(action({ toolSchema: sampleAgent.digest.replace('4', '5') })), 'tool_schema_mismatch'],
    ['parameters that the tool does not take', proposalOf('alert.log', { channel: '../etc', severity: 1, title: 't', text: '' }, {}), 'params_invalid'],
    ['a target that the parameters do not give', alertProposal(action({ target: 'alert-log:other' })), 'target_mismatch'],
    ['an effect that the parameters do not give', orderProposal(action({ effect: 'read' })), 'effect_mismatch'],
    ['a reversal, which is not supported', alertProposal(action({ compensates: sampleAgent.digest })), 'unsupported'],
    ['a proposal under an older manifest', alertProposal({ agentRecordVersion: 2 }), 'agent_stale'],
    ['an agent with another digest', alertProposal(action({ agent: { name: 'market-news', version: '1.0.0', digest: 'A'.repeat(43) } })), 'agent_mismatch'],
    ['a parameter that breaks a constraint', proposalOf('alert.log', { channel: 'market-risk', severity: 1, title: 't', text: '' }, {}), 'constraint_violated'],
  ])('%s', (_, proposal, code) => {
    expect(rule(proposal)).toMatchObject({ kind: 'refuse', code, tier: 3 });
  });

  it('a disabled agent, a tool that its manifest does not give, and a manifest that is not understood', () => {
    expect(rule(alertProposal(), { agent: { ...sampleAgent, enabled: false } })).toMatchObject({ code: 'agent_disabled' });
    expect(rule(alertProposal(), { agent: manifestWith({ tools: [{ ref: 'webhook.send@1' }] }) })).toMatchObject({ code: 'tool_not_in_manifest' });
    expect(rule(alertProposal(), { agent: manifestWith({ tools: [{ ref: 'alert.log@1', constraints: { channel: { prefix: 'x' } } }] }) })).toMatchObject({ code: 'manifest_invalid' });
  });

  it('anything while a stop covers it', () => {
    expect(rule(alertProposal(), { stopped: true })).toMatchObject({ kind: 'refuse', code: 'stopped', tier: 1 });
  });

  it('data above what its destination may get, and what nobody labelled', () => {
    const personal = { '/channel': trusted, '/severity': system, '/title': untrusted, '/text': { ...untrusted, class: 'pii' as const } };
    expect(rule(alertProposal())).toMatchObject({ kind: 'automatic' });
    expect(rule({ ...alertProposal(), labels: personal })).toMatchObject({ code: 'clearance_exceeded' });
    expect(rule({ ...alertProposal(), labels: { '/channel': trusted } })).toMatchObject({ code: 'clearance_exceeded' });
  });

  it('an address that untrusted text chose, even if a person would approve it', () => {
    expect(rule({ ...orderProposal(), labels: { '/method': trusted, '/url': untrusted, '/body': system } })).toMatchObject({ code: 'policy_forbids', policies: ['no-tainted-control-outside'] });
  });

  it('tier 3, whose proof this release cannot check', () => {
    const critical = { agent: manifestWith({ approval: { minTier: 3 } }) };
    expect(rule(orderProposal(), critical)).toMatchObject({ code: 'proof_unavailable', tier: 3, policies: ['http-effect-people'] });
  });

  it('tier 2 where no policy says that a session is proof enough', () => {
    const set = changedSet({ 'cedar/http.cedar': (text) => text.replace('@proof("session")', '') });
    expect(rule(orderProposal(), { set })).toMatchObject({ code: 'proof_unavailable', tier: 2 });
  });

  it('what no policy mentions', () => {
    expect(rule(alertProposal(), { agent: manifestWith({ approval: { minTier: 3 } }) })).toMatchObject({ code: 'policy_denies' });
  });

  it('tier 3 and steered actions are never automatic, also where a policy says so', () => {
    const set = changedSet({
      'cedar/alerts.cedar': (text) => text.replace('context.tier <= 1 && !context.taintedControl', 'context.effect == "write"'),
      'tests/alert-log-automatic.yaml': () => 'policy: alert-log-automatic\ncases: [{ name: x, tool: alert.log, context: { tier: 3, taintedControl: true }, ruling: automatic, deciding: [alert-log-automatic] }]',
      'tests/alert-log-people.yaml': () => 'policy: alert-log-people\ncases: [{ name: x, tool: alert.log, context: { effect: message }, ruling: ask, deciding: [alert-log-people] }]',
    });
    expect(rule(alertProposal(), { set, agent: manifestWith({ approval: { minTier: 3 } }) })).toMatchObject({ kind: 'refuse', code: 'policy_denies', tier: 3 });
    const steered = proposalOf('alert.log', { channel: 'elsewhere', severity: 1, title: 't', text: '' }, { '/channel': untrusted, '/severity': system, '/title': untrusted, '/text': untrusted });
    expect(rule(steered, { set, agent: manifestWith({ tools: [{ ref: 'alert.log@1' }] }) })).toMatchObject({ kind: 'ask' });
  });
});

it('a proposal past its time is expired, not refused', () => {
  expect(rule(alertProposal({ expiresAt: new Date(noon).toISOString() }))).toMatchObject({ kind: 'expired', code: 'proposal_expired' });
});
