// SPDX-License-Identifier: Apache-2.0
import { PolicySetActivated, StopChanged } from '@nervus/contracts';
import { digestOfBytes } from '@nervus/trust';
import { describe, expect, it } from 'vitest';
import { counter, RuleStory, startSeconds, type Twist } from '../testing/rule-story.js';
import type { RuleEntry } from './rule-entry.js';
import { Rules } from './rules.js';

/** Codes of everything that is wrong with a log that holds these entries and no more. */
function codesOf(entries: readonly RuleEntry[], atSeconds = startSeconds): string[] {
  const rules = new Rules();
  const findings = entries.flatMap((entry) => rules.entry(entry));
  return [...findings, ...rules.unresolved(), ...rules.stopped(), ...rules.overdue(atSeconds * 1000)].map(({ rule, code }) => `${rule} ${code}`);
}

const tier2 = { tier: 2, exp: startSeconds + 900 } as const;
const request = { id: '00000000-0000-4000-8000-0000000000aa', rev: 1 };
const approvedByPeople = { ...tier2, req: request, evd: digestOfBytes('evidence') };
const persons = (value: object): Twist => ({ extensions: { persons: JSON.stringify(value) } });

function lived(story: RuleStory, ...steps: ((story: RuleStory) => unknown)[]): RuleEntry[] {
  for (const step of steps) step(story);
  return story.entries;
}

describe('R1: an effect rests on a decision of the log', () => {
  it('an automatic action and one with an intent are clean', () => {
    expect(codesOf(lived(new RuleStory(1), (s) => s.decision(), (s) => s.outcome()))).toEqual([]);
    expect(codesOf(lived(new RuleStory(1, tier2), (s) => s.decision(), (s) => s.intent(), (s) => s.outcome()))).toEqual([]);
  });

  it('a tier 1 outcome without any decision in the log (abuse case 22)', () => {
    const story = new RuleStory(1);
    story.decisionLeaf = digestOfBytes('no such leaf');
    expect(codesOf(lived(story, (s) => s.outcome()))).toEqual(['R1 decision_missing']);
  });

  it('an outcome that names no permit or no decision at all', () => {
    expect(codesOf(lived(new RuleStory(1), (s) => s.decision(), (s) => s.outcome('succeeded', { extensions: { permit: undefined } })))).toEqual(['R1 permit_missing']);
    expect(codesOf(lived(new RuleStory(1), (s) => s.decision(), (s) => s.outcome('succeeded', { extensions: { decisionleaf: undefined } })))).toEqual(['R1 decision_not_named']);
  });

  it('a tier 1 outcome may be logged before its decision, a tier 2 intent may not', () => {
    const early = (claims: object, step: (s: RuleStory) => unknown): RuleEntry[] => {
      const story = new RuleStory(1, claims);
      story.decision();
      step(story);
      const [decision, later] = story.entries;
      return [{ ...later!, index: 0 }, { ...decision!, index: 1 }];
    };
    expect(codesOf(early({}, (s) => s.outcome()))).toEqual([]);
    expect(codesOf(early(tier2, (s) => s.intent()))).toEqual(['R1 decision_after']);
  });

  it('a refusal permits nothing', () => {
    expect(codesOf(lived(new RuleStory(1), (s) => s.decision({ extensions: { permit: undefined }, data: { result: 'refused', permit: undefined } }), (s) => s.outcome()))).toEqual(['R1 permit_not_of_decision']);
  });

  it('the permit of another decision', () => {
    const next = counter();
    const [one, other] = [new RuleStory(1, {}, next), new RuleStory(2, {}, next)];
    one.decision();
    other.decision();
    one.outcome('succeeded', { extensions: { decisionleaf: other.decisionLeaf } });
    expect(codesOf([...one.entries, ...other.entries].toSorted((a, b) => a.index - b.index))).toEqual(['R1 permit_not_of_decision']);
  });

  it('a tier 2 effect without an intent; but what failed before it was tried needs none', () => {
    expect(codesOf(lived(new RuleStory(1, tier2), (s) => s.decision(), (s) => s.outcome('succeeded')))).toEqual(['R1 intent_not_named']);
    expect(codesOf(lived(new RuleStory(1, tier2), (s) => s.decision(), (s) => s.outcome('unknown')))).toEqual(['R1 intent_not_named']);
    expect(codesOf(lived(new RuleStory(1, tier2), (s) => s.decision(), (s) => s.outcome('failed')))).toEqual([]);
    const dangling = new RuleStory(1, tier2);
    dangling.decision();
    dangling.intentLeaf = digestOfBytes('no such leaf');
    dangling.outcome();
    expect(codesOf(dangling.entries)).toEqual(['R1 intent_missing']);
  });

  it('an outcome logged before its intent', () => {
    const story = new RuleStory(1, tier2);
    lived(story, (s) => s.decision(), (s) => s.intent(), (s) => s.outcome());
    const [decision, intent, outcome] = story.entries;
    expect(codesOf([decision!, { ...outcome!, index: 1 }, { ...intent!, index: 2 }])).toEqual(['R1 intent_after']);
  });
});

describe('R2: digests are equal everywhere', () => {
  const digest = digestOfBytes('another action');

  it.each([
    ['decision', (s: RuleStory) => [s.decision({ extensions: { actiondigest: digest } })]],
    ['intent', (s: RuleStory) => [s.decision(), s.intent({ extensions: { actiondigest: digest }, withoutValue: true })]],
    ['outcome', (s: RuleStory) => [s.decision(), s.outcome('succeeded', { extensions: { actiondigest: digest }, withoutValue: true })]],
  ])('another digest in the header of the %s', (_, steps) => {
    expect(codesOf(steps(new RuleStory(1)))).toContain('R2 digest_mismatch');
  });

  it('a tier that the permit does not have', () => {
    expect(codesOf(lived(new RuleStory(1, tier2), (s) => s.decision(), (s) => s.outcome('succeeded', { extensions: { tier: '1' } })))).toContain('R2 tier_mismatch');
  });

  it('an action whose value was changed under an unchanged digest', () => {
    const story = new RuleStory(1);
    expect(codesOf([story.decision({ data: { action: { ...story.action, params: { n: 2 } } } })])).toEqual(['R2 digest_mismatch']);
  });

  it('a decision whose value says otherwise than its permit', () => {
    expect(codesOf(lived(new RuleStory(1), (s) => s.decision({ data: { tier: 0 } })))).toEqual(['R2 tier_mismatch']);
    expect(codesOf(lived(new RuleStory(1, { sub: 'spiffe://nervus.local/tenant/default/agent/other' }), (s) => s.decision()))).toEqual(['R2 agent_mismatch']);
    expect(codesOf(lived(new RuleStory(1), (s) => s.decision({ data: { result: 'refused' } })))).toEqual(['R2 result_mismatch']);
  });

  it('an outcome whose value says otherwise than its headers (R9: and a key that leads to no action)', () => {
    expect(codesOf(lived(new RuleStory(1), (s) => s.decision(), (s) => s.outcome('failed', { data: { result: 'succeeded' } })))).toEqual(['R2 result_mismatch']);
    expect(codesOf(lived(new RuleStory(1), (s) => s.decision(), (s) => s.outcome('succeeded', { data: { idempotencyKey: digest } })))).toEqual(['R9 idempotency_key_mismatch']);
  });
});

describe('R3: each permit is used once', () => {
  it('an outbox that was published twice is counted once', () => {
    const story = new RuleStory(1, tier2);
    lived(story, (s) => s.decision(), (s) => s.decision(), (s) => s.intent(), (s) => s.intent(), (s) => s.outcome(), (s) => s.outcome());
    expect(codesOf(story.entries)).toEqual([]);
  });

  it('a second outcome or intent under the same permit', () => {
    expect(codesOf(lived(new RuleStory(1), (s) => s.decision(), (s) => s.outcome(), (s) => s.outcome('succeeded', { id: 'again' })))).toEqual(['R3 permit_reused']);
    expect(codesOf(lived(new RuleStory(1, tier2), (s) => s.decision(), (s) => s.intent(), (s) => s.intent({ id: 'again' })))).toEqual(['R3 permit_reused']);
  });

  it('an unknown outcome that was reconciled is one use', () => {
    expect(codesOf(lived(new RuleStory(1, tier2), (s) => s.decision(), (s) => s.intent(), (s) => s.outcome('unknown'), (s) => s.outcome()))).toEqual([]);
  });

  it('a permit that was returned and used, in either order', () => {
    expect(codesOf(lived(new RuleStory(1), (s) => s.decision(), (s) => s.returned(), (s) => s.outcome()))).toEqual(['R3 returned_permit_used']);
    expect(codesOf(lived(new RuleStory(1), (s) => s.decision(), (s) => s.outcome(), (s) => s.returned()))).toEqual(['R3 returned_permit_used']);
  });

  it('an action that was ruled again after its permit came back is one effect; two effects under two permits are not', () => {
    const next = counter();
    const [first, second] = [new RuleStory(1, {}, next), new RuleStory(1, { jti: '00000000-0000-4000-8000-00000000beef' }, next)];
    const entries = [first.decision(), first.returned(), second.decision({ id: 'ruled-again' }), second.outcome()];
    expect(codesOf(entries)).toEqual([]);
    const twice = [first.decision(), first.outcome(), second.decision({ id: 'ruled-again' }), second.outcome('succeeded', { id: 'twice' })];
    expect(codesOf(twice)).toEqual(['R3 action_repeated']);
  });

  it('one permit id for two permits', () => {
    const next = counter();
    const [one, other] = [new RuleStory(1, {}, next), new RuleStory(2, { jti: '00000000-0000-4000-8000-000000001001' }, next)];
    expect(codesOf([one.decision(), other.decision()])).toEqual(['R3 permit_conflict']);
  });
});

describe('R4: distinct persons without a stake', () => {
  it.each([
    ['one who had no stake', { approved: ['a'], owner: ['b'], requester: 'c', salt: 'x' }, []],
    ['nobody', { approved: [] }, ['R4 quorum_missing']],
    ['one person twice', { approved: ['a', 'a'] }, ['R4 person_counted_twice']],
    ['an editor', { approved: ['a', 'b'], editors: ['b'] }, ['R4 separation_of_duties']],
    ['the requester', { approved: ['a'], requester: 'a' }, ['R4 separation_of_duties']],
  ])('approved by %s', (_, value, codes) => {
    expect(codesOf(lived(new RuleStory(1, approvedByPeople), (s) => s.decision(persons(value))))).toEqual(codes);
  });

  it('people approved, but who is not said', () => {
    expect(codesOf(lived(new RuleStory(1, approvedByPeople), (s) => s.decision()))).toEqual(['R4 persons_missing']);
    expect(codesOf(lived(new RuleStory(1, approvedByPeople), (s) => s.decision({ extensions: { persons: '["a"]' } })))).toEqual(['R4 persons_missing']);
  });

  it('tier 3 needs two, and is never automatic', () => {
    expect(codesOf(lived(new RuleStory(1, { ...approvedByPeople, tier: 3 }), (s) => s.decision(persons({ approved: ['a'] }))))).toEqual(['R4 quorum_missing']);
    expect(codesOf(lived(new RuleStory(1, { ...approvedByPeople, tier: 3 }), (s) => s.decision(persons({ approved: ['a', 'b'] }))))).toEqual([]);
    expect(codesOf(lived(new RuleStory(1, { ...tier2, tier: 3 }), (s) => s.decision()))).toEqual(['R4 quorum_missing']);
  });
});

describe('R5: in time and under the policy in force', () => {
  const policy = (index: number, data: object): RuleEntry => ({ index, leaf: digestOfBytes(`policy ${index}`), type: PolicySetActivated.type, id: `policy-${index}`, producer: 'spiffe://nervus.local/service/approval', epoch: 'e', time: 0, extensions: {}, data });
  const at = (seconds: number): string => new Date((startSeconds + seconds) * 1000).toISOString();

  it('an effect or an intent that began after the permit had expired', () => {
    expect(codesOf(lived(new RuleStory(1), (s) => s.decision(), (s) => s.outcome('succeeded', { after: 303 })))).toEqual(['R5 expired']);
    expect(codesOf(lived(new RuleStory(1), (s) => s.decision(), (s) => s.outcome('succeeded', { after: 301 })))).toEqual([]);
    expect(codesOf(lived(new RuleStory(1, tier2), (s) => s.decision(), (s) => s.intent({ after: 903 })))).toEqual(['R5 expired']);
    expect(codesOf(lived(new RuleStory(1), (s) => s.decision(), (s) => s.outcome('succeeded', { after: -3 })))).toEqual(['R5 not_yet_valid']);
  });

  it('a permit under a policy set that had been replaced, in whatever order the records were read', () => {
    const decision = lived(new RuleStory(1), (s) => s.decision({ after: 11 }))[0]!;
    const replaced = policy(7, { version: 2, hash: digestOfBytes('stricter'), at: at(0) });
    expect(codesOf([replaced, decision])).toEqual(['R5 policy_stale']);
    expect(codesOf([decision, replaced])).toEqual(['R5 policy_stale']);
    expect(codesOf([decision, policy(7, { version: 2, hash: digestOfBytes('stricter'), at: at(5) })])).toEqual([]);
  });

  it('a permit under another policy set of the same number', () => {
    const decision = lived(new RuleStory(1), (s) => s.decision())[0]!;
    expect(codesOf([decision, policy(7, { version: 1, hash: digestOfBytes('other'), at: at(-60) })])).toEqual(['R5 policy_hash_mismatch']);
    expect(codesOf([policy(6, { version: 1, hash: digestOfBytes('policy'), at: at(-60) }), policy(7, { version: 1, hash: digestOfBytes('other'), at: at(-60) })])).toEqual(['R5 policy_conflict']);
  });
});

describe('R6: nothing begins after a stop', () => {
  const record = (index: number, type: string, data: object): RuleEntry => ({ index, leaf: digestOfBytes(`r ${index}`), type, id: `r-${index}`, producer: 'spiffe://nervus.local/service/action', epoch: 'action-process', time: 0, extensions: {}, data });
  const at = (seconds: number): string => new Date((startSeconds + seconds) * 1000).toISOString();
  const stop = (data: object): RuleEntry => record(90, StopChanged.type, { stopId: 's', tenant: 'default', scope: { kind: 'all' }, epoch: 4, active: true, at: at(5), ...data });
  const beat = (seconds: number, stopEpoch: number): RuleEntry => record(91, 'nervus.action.heartbeat-beaten.v1', { epoch: 'e', state: 'beating', at: at(seconds), ackedThrough: 0, stopEpoch, checkpointSeen: 0, sealed: [] });
  const effect = (after: number, claims: object = {}): RuleEntry[] => lived(new RuleStory(1, claims), (s) => s.decision(), (s) => s.outcome('succeeded', { after }));

  it('an effect that began after its process said that it enforces the stop', () => {
    expect(codesOf([...effect(20), stop({}), beat(10, 4)])).toEqual(['R6 stopped']);
    expect(codesOf([stop({}), beat(10, 4), ...effect(9)])).toEqual([]);
    expect(codesOf([stop({}), beat(10, 3), ...effect(20)])).toEqual([]);
  });

  it.each([
    ['its agent', { kind: 'agent', name: 'market-news' }, ['R6 stopped']],
    ['another agent', { kind: 'agent', name: 'other' }, []],
    ['its tool', { kind: 'tool', name: 'alert.log' }, ['R6 stopped']],
    ['another tool', { kind: 'tool', name: 'http.request' }, []],
  ])('a stop of %s', (_, scope, codes) => {
    expect(codesOf([stop({ scope }), beat(10, 4), ...effect(20)])).toEqual(codes);
  });

  it('another tenant is not stopped, and nobody once the stop is lifted', () => {
    expect(codesOf([stop({ tenant: 'other' }), beat(10, 4), ...effect(20)])).toEqual([]);
    expect(codesOf([stop({}), beat(10, 4), ...effect(40, { stp: 5 }), stop({ active: false, epoch: 5, at: at(30) })])).toEqual([]);
  });

  it('a permit given under a stop that approval knew', () => {
    expect(codesOf([stop({}), ...effect(20, { stp: 4 })])).toEqual(['R6 permitted_under_stop']);
    expect(codesOf([stop({}), stop({ active: false, epoch: 5, at: at(30) }), ...effect(40, { stp: 5 })])).toEqual([]);
  });
});

describe('R7: every intent comes to an end', () => {
  it('an intent that nothing followed within its deadline, and not before', () => {
    const entries = lived(new RuleStory(1, tier2), (s) => s.decision(), (s) => s.intent());
    expect(codesOf(entries, startSeconds + 900)).toEqual([]);
    expect(codesOf(entries, startSeconds + 1000)).toEqual(['R7 outcome_missing']);
  });

  it.each(['succeeded', 'failed', 'unknown'] as const)('%s ends it', (result) => {
    expect(codesOf(lived(new RuleStory(1, tier2), (s) => s.decision(), (s) => s.intent(), (s) => s.outcome(result)), startSeconds + 1000)).toEqual([]);
  });

  it('so does the return of its permit', () => {
    expect(codesOf(lived(new RuleStory(1, tier2), (s) => s.decision(), (s) => s.intent(), (s) => s.returned()), startSeconds + 1000)).toEqual([]);
  });
});
