// SPDX-License-Identifier: Apache-2.0
import { type Static, Type } from 'typebox';
import { DataClass, Effect, Tier } from '@nervus/contracts';
import type { PolicyContext, PolicyQuestion, PolicyQuestions } from './policy-questions.js';

const Context = Type.Object(
  {
    tier: Tier,
    risk: Type.Integer(),
    effect: Effect,
    target: Type.String(),
    destinationListed: Type.Boolean(),
    taintedControl: Type.Boolean(),
    untrustedData: Type.Boolean(),
    dataClass: DataClass,
    reversible: Type.Boolean(),
    confidencePercent: Type.Integer({ minimum: 0, maximum: 100 }),
    batchSize: Type.Integer({ minimum: 0 }),
    amount: Type.Integer({ minimum: 0 }),
  },
  { additionalProperties: false },
);

/** The test file that every policy has: what goes in, what must come out, and which policies must decide it. */
export const PolicyTestFile = Type.Object(
  {
    policy: Type.String(),
    cases: Type.Array(
      Type.Object(
        {
          name: Type.String({ minLength: 1 }),
          tool: Type.String(),
          agent: Type.Optional(Type.String()),
          owner: Type.Optional(Type.String()),
          tenant: Type.Optional(Type.String()),
          context: Type.Partial(Context),
          ruling: Type.Union([Type.Literal('automatic'), Type.Literal('ask'), Type.Literal('refuse')]),
          deciding: Type.Array(Type.String()),
        },
        { additionalProperties: false },
      ),
      { minItems: 1 },
    ),
  },
  { additionalProperties: false },
);
export type PolicyTestFile = Static<typeof PolicyTestFile>;

/** What a case leaves out: a harmless, reversible, routine write with nothing untrusted in it. */
const harmless: PolicyContext = {
  tier: 1, risk: 0, effect: 'write', target: 'test', destinationListed: true, taintedControl: false, untrustedData: false, dataClass: 'internal', reversible: true, confidencePercent: 100, batchSize: 1,
};

/** How the two questions answer a case: the same order that every ruling asks them in. */
export function askBoth(policies: PolicyQuestions, question: Omit<PolicyQuestion, 'action'>): { ruling: 'automatic' | 'ask' | 'refuse' | 'error'; deciding: string[] } {
  const automatic = policies.ask({ ...question, action: 'autoExecute' });
  if (automatic.result === 'error') return { ruling: 'error', deciding: [] };
  if (automatic.result === 'permitted') return { ruling: 'automatic', deciding: automatic.policies.map(({ id }) => id) };
  const people = policies.ask({ ...question, action: 'executeWithApproval' });
  if (people.result === 'error') return { ruling: 'error', deciding: [] };
  if (people.result === 'permitted') return { ruling: 'ask', deciding: people.policies.map(({ id }) => id) };
  return { ruling: 'refuse', deciding: people.result === 'forbidden' ? people.policies.map(({ id }) => id) : [] };
}

/** Runs the test files of a set: each case must come out as said, each policy must decide a case, each forbid refuse one. */
export function faultsOfPolicyTests(policies: PolicyQuestions, ids: ReadonlyMap<string, 'permit' | 'forbid'>, files: readonly PolicyTestFile[]): string[] {
  const faults: string[] = [];
  const decided = new Set<string>();
  for (const file of files) {
    if (!ids.has(file.policy)) faults.push(`tests of "${file.policy}": there is no policy with that id`);
    for (const one of file.cases) {
      const { ruling, deciding } = askBoth(policies, { tenant: one.tenant ?? 'default', agent: one.agent ?? 'test-agent', owner: one.owner ?? 'group:test', tool: one.tool, context: { ...harmless, ...one.context } });
      if (ruling !== one.ruling || deciding.toSorted().join() !== one.deciding.toSorted().join()) {
        faults.push(`tests of "${file.policy}": "${one.name}" gives ${ruling} by [${deciding.join(', ')}], expected ${one.ruling} by [${one.deciding.join(', ')}]`);
      } else if (deciding.includes(file.policy) && (ids.get(file.policy) === 'permit' || ruling === 'refuse')) decided.add(file.policy);
    }
  }
  for (const [id, effect] of ids) if (!decided.has(id)) faults.push(`policy "${id}": no case of its test file shows it ${effect === 'forbid' ? 'refuse' : 'decide'}`);
  return faults;
}
