// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alertProposal, changedSet, minutes, noon, orderProposal, ruled, sampleAgent, verdictOf, worldOf } from '../../test/sample-world.js';
import type { ActionState, World } from './action-state.js';
import { acceptVerdict, expireRequest, stopRequest, type VerdictResult } from './verdict.js';

const asked = (world = worldOf()): ActionState => ruled(orderProposal(), world).state;
const two: Partial<World> = { set: changedSet({ 'cedar/http.cedar': (text) => text.replace('@quorum("1")', '@quorum("2")') }, 1) };
const shown = ({ facts, answer }: VerdictResult): string[] => [...facts.map((fact) => (fact.kind === 'request' ? `request:${fact.data.state}:${fact.data.version}` : `decision:${fact.decided.data.result}:${fact.decided.data.code}`)), `${answer.status}:${answer.code}`];
const say = (state: ActionState, person: string, verdict: 'approve' | 'reject' = 'approve', changes: Parameters<typeof verdictOf>[3] = {}, world: Partial<World> = {}): string[] => shown(acceptVerdict(state, verdictOf(state, person, verdict, changes), worldOf(world)));

describe('who may say what', () => {
  it('a reviewer permits', () => {
    expect(say(asked(), 'nora')).toEqual(['request:permitted:2', 'decision:permitted:approved', '200:accepted']);
  });

  it('one refusal ends it', () => {
    expect(say(asked(worldOf(two)), 'theo', 'reject')).toEqual(['request:refused:2', 'decision:refused:rejected', '200:accepted']);
  });

  it('the owner may not, and the request stays open', () => {
    const state = asked();
    const inBoth = changedSet({ 'reviewers.yaml': (text) => text.replace('groups: [risk-desk]', 'groups: [risk-desk, risk-reviewers]') }, 1);
    const result = acceptVerdict(state, verdictOf(state, 'olga'), worldOf({ set: inBoth }));
    expect(shown(result)).toEqual(['403:separation_of_duties']);
    expect(result.state).toBe(state);
  });

  it('nor through a second account of the same person', () => {
    const second = changedSet({ 'reviewers.yaml': (text) => text.replace('[{ issuer: launcher, subject: olga }]\n    groups: [risk-desk]', '[{ issuer: launcher, subject: olga }, { issuer: oidc, subject: o.marin }]\n    groups: [risk-desk, risk-reviewers]') }, 1);
    const by = { account: { issuer: 'oidc', subject: 'o.marin' }, session: sampleAgent.digest, authenticatedAt: new Date(noon).toISOString() };
    expect(say(asked(), 'olga', 'approve', { by }, { set: second })).toEqual(['403:separation_of_duties']);
  });

  it('nor an editor, nor whom the agent acts for', () => {
    expect(say(asked(), 'nora', 'approve', {}, { agent: { ...sampleAgent, editors: ['person:nora'] } })).toEqual(['403:separation_of_duties']);
    const { state } = ruled(orderProposal({ action: { onBehalfOf: 'person:theo' } }));
    expect(say(state, 'theo')).toEqual(['403:separation_of_duties']);
  });

  it('a stranger and a person of another group may not', () => {
    expect(say(asked(), 'mallory')).toEqual(['403:not_entitled']);
    const outsider = changedSet({ 'reviewers.yaml': (text) => `${text}  - id: uma\n    name: Uma\n    accounts: [{ issuer: launcher, subject: uma }]\n    groups: [treasury]\n` }, 1);
    expect(say(asked(), 'uma', 'approve', {}, { set: outsider })).toEqual(['403:not_entitled']);
  });

  it.each([
    ['another revision', { revision: 2 }, '409:revision_stale'],
    ['another nonce', { nonce: 'x' }, '409:revision_stale'],
    ['another action', { digest: 'A'.repeat(43) }, '422:digest_mismatch'],
    ['other evidence than the request holds', { evidenceHash: 'A'.repeat(43) }, '422:evidence_mismatch'],
    ['a reason too short for tier 2', { reason: '  ok, do it.         ' }, '422:reason_too_short'],
    ['a login of yesterday', { by: { account: { issuer: 'launcher', subject: 'nora' }, session: 'x', authenticatedAt: new Date(noon - minutes(721)).toISOString() } }, '403:session_too_old'],
  ])('a verdict on %s is not counted', (_, changes, answer) => {
    expect(say(asked(), 'nora', 'approve', changes)).toEqual([answer]);
  });

  it('a routine action may be approved without words, but not refused without any', () => {
    const steered = { ...alertProposal(), labels: { ...alertProposal().labels, '/channel': { src: [], trust: 'untrusted' as const, class: 'public' as const } } };
    steered.action.params['channel'] = 'elsewhere';
    steered.action.target = 'alert-log:elsewhere';
    const free = { agent: { ...sampleAgent, manifest: { spec: { tools: [{ ref: 'alert.log@1' }] } } } };
    const lenient = { ...free, set: changedSet({ 'risk.yaml': (text) => text.replace('control: 40', 'control: 10') }, 1) };
    const { state } = ruled(steered, worldOf(lenient));
    expect(state.request?.packet.tier).toBe(1);
    expect(say(state, 'nora', 'reject', { reason: 'no' }, lenient)).toEqual(['422:reason_too_short']);
    expect(say(state, 'nora', 'approve', { reason: '' }, lenient)).toEqual(['request:permitted:2', 'decision:permitted:approved', '200:accepted']);
  });

  it('a request of which nobody was told is unknown', () => {
    expect(say(asked(), 'nora', 'approve', { requestId: sampleAgent.digest })).toEqual(['404:unknown_request']);
  });
});

describe('a quorum of two', () => {
  it('needs two persons: the first is counted and told so, the second permits', () => {
    const state = asked(worldOf(two));
    const first = acceptVerdict(state, verdictOf(state, 'nora'), worldOf(two));
    expect(shown(first)).toEqual(['request:open:2', '200:accepted']);
    expect(say(first.state, 'nora', 'approve', { commandId: 'another' }, two)).toEqual(['409:already_voted']);
    expect(say(first.state, 'theo', 'approve', {}, two)).toEqual(['request:permitted:3', 'decision:permitted:approved', '200:accepted']);
  });

  it('a colleague\'s vote does not spoil mine', () => {
    const state = asked(worldOf(two));
    const mine = verdictOf(state, 'theo');
    const first = acceptVerdict(state, verdictOf(state, 'nora'), worldOf(two));
    expect(shown(acceptVerdict(first.state, mine, worldOf(two)))).toContain('decision:permitted:approved');
  });

  it('two groups need a person each, even where one person is in both', () => {
    const both = {
      set: changedSet({
        'cedar/http.cedar': (text) => text.replace('@approvers("group:risk-reviewers")', '@approvers("group:risk-reviewers, group:treasury")'),
        'reviewers.yaml': (text) => text.replace('subject: nora }]\n    groups: [risk-reviewers]', 'subject: nora }]\n    groups: [risk-reviewers, treasury]'),
      }, 1),
    };
    const state = asked(worldOf(both));
    const first = acceptVerdict(state, verdictOf(state, 'nora'), worldOf(both));
    expect(shown(first)).toEqual(['request:open:2', '200:accepted']);
    expect(say(first.state, 'theo', 'approve', {}, both)).toContain('decision:permitted:approved');
  });

  it('a replayed verdict is told that it was counted', () => {
    const state = asked(worldOf(two));
    const first = acceptVerdict(state, verdictOf(state, 'nora'), worldOf(two));
    expect(shown(acceptVerdict(first.state, verdictOf(state, 'nora'), worldOf(two)))).toEqual(['409:already_consumed']);
  });
});

describe('how a request ends', () => {
  it('once, whatever comes after', () => {
    const state = asked();
    const { state: permitted } = acceptVerdict(state, verdictOf(state, 'nora'), worldOf());
    expect(say(permitted, 'theo', 'reject')).toEqual(['409:already_decided']);
    expect(expireRequest(permitted, worldOf({ now: noon + minutes(600) }))).toBe('unchanged');
    expect(stopRequest(permitted, worldOf())).toBe('unchanged');
  });

  it('by its deadline, which is a denial; a verdict that was delayed past it is too late', () => {
    const late = worldOf({ now: noon + minutes(240) });
    expect(expireRequest(asked(), worldOf({ now: noon + minutes(240) - 1 }))).toBe('unchanged');
    expect(expireRequest(asked(), late)).toMatchObject({ state: { request: { state: 'expired' }, decision: { result: 'expired', code: 'expired' } } });
    const state = asked();
    expect(shown(acceptVerdict(state, verdictOf(state, 'nora'), late))).toEqual(['request:expired:2', 'decision:expired:expired', '409:expired']);
  });

  it('by a stop', () => {
    expect(stopRequest(asked(), worldOf())).toMatchObject({ state: { request: { state: 'refused', code: 'stopped' } } });
    expect(say(asked(), 'nora', 'approve', {}, { stopped: true })).toEqual(['request:refused:2', 'decision:refused:stopped', '409:stopped']);
  });

  it('by a newer manifest, at the vote that would have permitted', () => {
    expect(say(asked(), 'nora', 'approve', {}, { agent: { ...sampleAgent, recordVersion: 4 } })).toEqual(['request:refused:2', 'decision:refused:agent_stale', '409:agent_stale']);
  });

  it('by policies that ask more by now: the votes are void and a new request opens', () => {
    const state = asked();
    const stricter = worldOf({ set: changedSet({ 'cedar/http.cedar': (text) => text.replace('@quorum("1")', '@quorum("2")') }) });
    const result = acceptVerdict(state, verdictOf(state, 'nora'), stricter);
    expect(shown(result)).toEqual(['request:superseded:2', 'request:open:1', '409:policy_stricter']);
    expect(result.state.request).toMatchObject({ votes: [], demands: { quorum: 2 } });
    expect(shown(acceptVerdict(result.state, verdictOf(state, 'theo'), stricter))).toEqual(['409:already_decided']);
    const first = acceptVerdict(result.state, verdictOf(result.state, 'nora'), stricter);
    expect(shown(acceptVerdict(first.state, verdictOf(first.state, 'theo'), stricter))).toContain('decision:permitted:approved');
  });
});

describe('what the log needs', () => {
  it('names approvers and barred persons by HMAC only, comparable within the decision', () => {
    const state = asked();
    const { facts } = acceptVerdict(state, verdictOf(state, 'nora'), worldOf());
    const decision = facts.find((fact) => fact.kind === 'decision');
    const text = decision?.kind === 'decision' ? (decision.decided.persons ?? '') : '';
    const header = JSON.parse(text) as Record<'approved' | 'owner' | 'editors' | 'onBehalfOf', string[]>;
    expect(text).not.toMatch(/nora|olga/);
    expect(header.approved).toHaveLength(1);
    expect(header.owner).toEqual(header.editors);
    expect(header.owner).not.toEqual(header.approved);
    expect(header.onBehalfOf).toEqual([]);
  });
});

it('in any order of any verdicts there is at most one permit, and none after a refusal', () => {
  const order = fc.array(fc.record({ person: fc.constantFrom('nora', 'theo', 'olga', 'mallory'), verdict: fc.constantFrom('approve' as const, 'reject' as const), again: fc.nat(2) }), { maxLength: 12 });
  fc.assert(
    fc.property(order, fc.boolean(), (verdicts, needsTwo) => {
      const world = worldOf(needsTwo ? two : {});
      let state = asked(world);
      const results: string[] = [];
      const approvers = new Set<string>();
      for (const { person, verdict, again } of verdicts) {
        const before = state.request?.votes.length ?? 0;
        const { state: next, facts } = acceptVerdict(state, verdictOf(state, person, verdict, { commandId: `${person}-${verdict}-${again}` }), world);
        if ((next.request?.votes.length ?? 0) > before && verdict === 'approve') approvers.add(person);
        for (const fact of facts) if (fact.kind === 'decision') results.push(fact.decided.data.result);
        state = next;
      }
      expect(results.length).toBeLessThanOrEqual(1);
      if (results[0] === 'permitted') expect(approvers.size).toBeGreaterThanOrEqual(needsTwo ? 2 : 1);
      expect([...approvers].filter((person) => person !== 'nora' && person !== 'theo')).toEqual([]);
    }),
  );
});
