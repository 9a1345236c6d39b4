// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { PolicySetInvalid } from '../domain/policy-set.js';
import { hashOfFiles, loadPolicySet, type PolicySetFiles, readPolicyFolder } from './policy-set-files.js';

const shipped = await readPolicyFolder(fileURLToPath(new URL('../../../../policies', import.meta.url)));

function faultsOf(files: PolicySetFiles): readonly string[] {
  try {
    loadPolicySet(files);
    return [];
  } catch (error) {
    if (error instanceof PolicySetInvalid) return error.details.faults;
    throw error;
  }
}
const replaced = (path: string, from: string | RegExp, to: string): PolicySetFiles => {
  const text = shipped[path] ?? '';
  const changed = text.replace(from, to);
  expect(changed, `${path} holds ${from}`).not.toBe(text);
  return { ...shipped, [path]: changed };
};

describe('the shipped policy set', () => {
  it('loads, with each policy deciding a case of its own test file', () => {
    expect(faultsOf(shipped)).toEqual([]);
  });

  it('is known by every byte of it', () => {
    expect(hashOfFiles(replaced('risk.yaml', 'message: 20', 'message: 21'))).not.toBe(hashOfFiles(shipped));
    expect(hashOfFiles(Object.fromEntries(Object.entries(shipped).toReversed()))).toBe(hashOfFiles(shipped));
  });

  it('has two persons who may approve besides the owner of the sample agents', () => {
    const { registry } = loadPolicySet(shipped);
    const owners = new Set(registry.membersOf('group:risk-desk').map(({ ref }) => ref));
    expect(owners.size).toBe(1);
    expect(registry.membersOf('group:risk-reviewers').filter(({ ref }) => !owners.has(ref))).toHaveLength(2);
  });
});

describe('a set that must not be put in force', () => {
  it.each([
    ['a condition on an attribute that may be missing, which Cedar would skip', replaced('cedar/forbidden.cedar', 'context.dataClass == "secret"', 'context.amount > 100'), /no-secrets-out.*amount/],
    ['an attribute that the schema does not have', replaced('cedar/http.cedar', 'context.effect == "read"', 'context.efect == "read"'), /efect/],
    ['text that is not Cedar', replaced('cedar/http.cedar', 'permit (principal', 'permit principal'), /http\.cedar/],
    ['a policy without an id', replaced('cedar/http.cedar', '@id("http-read-automatic")', ''), /needs @id/],
    ['two policies with one id', replaced('cedar/http.cedar', 'http-read-automatic', 'http-effect-people'), /used twice/],
    ['an annotation with a typing error, which would ask for less than was meant', replaced('cedar/http.cedar', '@quorum("1")', '@quorom("2")'), /@quorom is unknown/],
    ['an annotation that this release cannot keep', replaced('cedar/http.cedar', '@quorum("1")', '@undo("5m")'), /@undo is not supported/],
    ['people asked, but none named', replaced('cedar/http.cedar', '@approvers("group:risk-reviewers")', ''), /names none|names no|add @approvers/],
    ['a group that nobody is in', replaced('cedar/http.cedar', 'group:risk-reviewers', 'group:treasury'), /nobody could say yes/],
    ['a quorum larger than the group', replaced('cedar/http.cedar', '@quorum("1")', '@quorum("3")'), /nobody could say yes/],
    ['one account for two persons', replaced('reviewers.yaml', 'subject: theo', 'subject: nora'), /belongs to both/],
    ['a row of the risk table that is missing', replaced('risk.yaml', /^taint:.*$/m, ''), /risk\.yaml/],
    ['bands in which a larger sum has a lower tier', replaced('risk.yaml', '{ from: 100, tier: 3 }', '{ from: 100, tier: 1 }'), /tiers/],
    ['a destination for a tool that does not exist', replaced('destinations.yaml', 'tool: webhook.send', 'tool: webhook.sent'), /no tool "webhook\.sent"/],
    ['a policy that decides otherwise than its test says', replaced('cedar/alerts.cedar', 'context.tier <= 1 &&', 'context.tier <= 2 &&'), /gives automatic by \[alert-log-automatic\], expected ask/],
    ['a forbid that no case shows refusing', { ...shipped, 'tests/no-secrets-out.yaml': 'policy: no-secrets-out\ncases: [{name: x, tool: alert.log, context: {}, ruling: automatic, deciding: [alert-log-automatic]}]' }, /no-secrets-out.*refuse/],
  ])('%s', (_, files, fault) => {
    expect(faultsOf(files).join('\n')).toMatch(fault);
  });

  it('names every fault at once', () => {
    const files = { ...replaced('risk.yaml', /^taint:.*$/m, ''), 'reviewers.yaml': 'version: 1\npersons: []' };
    const faults = faultsOf(files).join('\n');
    expect(faults).toMatch(/risk\.yaml/);
    expect(faults).toMatch(/reviewers\.yaml/);
  });
});

describe('asking', () => {
  const { policies } = loadPolicySet(shipped);
  const context = { tier: 1, risk: 20, effect: 'write', target: 'alert-log:x', destinationListed: true, taintedControl: false, untrustedData: false, dataClass: 'internal', reversible: true, confidencePercent: 80, batchSize: 1 } as const;

  it('a tool that no policy mentions is refused by default', () => {
    expect(policies.ask({ action: 'autoExecute', tenant: 'default', agent: 'a', owner: 'group:x', tool: 'slack.post', context })).toEqual({ result: 'unmentioned' });
  });

  it('a question that does not fit the schema is an error, never an answer', () => {
    const broken = { ...context, risk: 1.5 };
    expect(policies.ask({ action: 'autoExecute', tenant: 'default', agent: 'a', owner: 'group:x', tool: 'alert.log', context: broken }).result).toBe('error');
  });

  it.each([
    ['in its head', 'permit (principal in AgentGroup::"group:desk", action == Action::"autoExecute", resource == Tool::"alert.log");'],
    ['in a condition', 'permit (principal, action == Action::"autoExecute", resource == Tool::"alert.log") when { principal.name == "a" && principal.tenant == "default" };'],
  ])('a policy may ask who the agent is, %s', (_, policy) => {
    const asking = loadPolicySet({
      ...replaced('cedar/alerts.cedar', /@id\("alert-log-automatic"\)\n[^;]*;/, `@id("alert-log-automatic")\n${policy}`),
      'tests/alert-log-automatic.yaml': 'policy: alert-log-automatic\ncases: [{ name: x, tool: alert.log, agent: a, owner: "group:desk", context: {}, ruling: automatic, deciding: [alert-log-automatic] }]',
    }).policies;
    const question = { action: 'autoExecute', tenant: 'default', agent: 'a', owner: 'group:desk', tool: 'alert.log', context } as const;
    expect(asking.ask(question).result).toBe('permitted');
    expect(asking.ask({ ...question, agent: 'b', owner: 'group:other' }).result).toBe('unmentioned');
  });

  it('a permitting policy says what it demands of people', () => {
    expect(policies.ask({ action: 'executeWithApproval', tenant: 'default', agent: 'a', owner: 'group:x', tool: 'http.request', context: { ...context, effect: 'irreversible', tier: 2 } })).toEqual({
      result: 'permitted',
      policies: [{ id: 'http-effect-people', demands: { approvers: ['group:risk-reviewers'], quorum: 1, expiresMs: 14_400_000, proof: 'session' } }],
    });
  });
});
