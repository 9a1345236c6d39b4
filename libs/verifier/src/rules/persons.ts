// SPDX-License-Identifier: Apache-2.0
// R4: people who approved are distinct, and none of them is requester, owner, author or editor. The log holds HMACs of
// persons under a salt of the request, so that persons can be told apart within one request and nowhere else.
import { DecisionMade } from '@nervus/contracts';
import { type Finding, found } from '../finding.js';
import { permitClaimsOf } from './permit-claims.js';
import type { RuleEntry } from './rule-entry.js';

/** The header `ce_persons`: who approved, and by role everyone who may not approve. */
export interface Persons {
  readonly approved: readonly string[];
  readonly conflicted: readonly string[];
}

/** Reads `{"approved": [hmac…], "<role>": hmac | [hmac…], …}`; every member but `approved` and `salt` is a role that may not approve. */
export function parsePersons(text: string): Persons | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { approved, salt: _, ...roles } = value as Readonly<Record<string, unknown>>;
  const conflicted = Object.values(roles).flat();
  return areTexts(approved) && areTexts(conflicted) ? { approved, conflicted } : undefined;
}

/** Persons whose word each tier needs when people were asked at all. */
const leastPersons = [1, 1, 1, 2] as const;

/** Holds a decision that people took part in to R4. */
export function personsFindings({ type, index, extensions }: RuleEntry): Finding[] {
  if (type !== DecisionMade.type || extensions.permit === undefined) return [];
  const claims = permitClaimsOf(extensions.permit);
  if (!claims) return [];
  if (!claims.req) {
    // Tier 3 is never permitted without people, whatever policy says (approval.md section 2).
    return claims.tier === 3 ? [found('R4', 'quorum_missing', [index], 'A tier 3 action was permitted without people.')] : [];
  }
  const persons = extensions.persons === undefined ? undefined : parsePersons(extensions.persons);
  if (!persons) return [found('R4', 'persons_missing', [index], 'People approved the action, but the decision does not say who in a form that can be checked.')];
  const distinct = new Set(persons.approved);
  const findings: Finding[] = [];
  if (distinct.size < persons.approved.length) findings.push(found('R4', 'person_counted_twice', [index], 'One person is counted twice among those who approved.'));
  if (distinct.size < leastPersons[claims.tier]) findings.push(found('R4', 'quorum_missing', [index], `${distinct.size} persons approved a tier ${claims.tier} action, at least ${leastPersons[claims.tier]} must.`));
  if (persons.conflicted.some((person) => distinct.has(person))) findings.push(found('R4', 'separation_of_duties', [index], 'Somebody who asked for the action, owns or edited the agent is among those who approved.'));
  return findings;
}

const areTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '');
