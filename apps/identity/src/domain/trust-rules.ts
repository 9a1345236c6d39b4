// SPDX-License-Identifier: Apache-2.0
import { PublicJwk, type ServiceName, services } from '@nervus/contracts';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';

const strict = { additionalProperties: false } as const;

/** A subject condition: equality, or one of a set. No pattern may stand for "anyone". */
const Subject = Type.Union([Type.Object({ equals: Type.String({ minLength: 1 }) }, strict), Type.Object({ oneOf: Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: 100 }) }, strict)]);

/** Who may become which workload, on what evidence. Every pin is mandatory. */
export const TrustRule = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z0-9-]{1,63}$' }),
    kind: Type.Literal('launcher', { description: 'evidence: a two-minute token of the local launcher, used once' }),
    issuer: Type.String({ minLength: 1, maxLength: 500 }),
    audience: Type.Literal('nervus-identity'),
    keys: Type.Array(PublicJwk, { minItems: 1, maxItems: 10, description: 'public keys of the issuer' }),
    subject: Subject,
    service: Type.Union(services.map((name) => Type.Literal(name)), { description: 'the workload that the subject becomes' }),
  },
  strict,
);
export type TrustRule = Static<typeof TrustRule>;

const TrustRules = Type.Object({ rules: Type.Array(TrustRule, { minItems: 1, maxItems: 200 }) }, strict);

/** The rules cannot be used; identity does not start with them. */
export class TrustRulesInvalid extends Error {
  override readonly name = 'TrustRulesInvalid';
  readonly code = 'trust_rules_invalid';
}

/** What a verified token says. */
export interface TokenClaims {
  readonly issuer: string;
  readonly audience: string;
  readonly subject: string;
}

export type RuleVerdict = { readonly verdict: 'matched'; readonly rule: TrustRule } | { readonly verdict: 'refused'; readonly code: 'no_rule' | 'ambiguous_rule'; readonly detail: string };

/**
 * Reads and checks the rules: shape, unique names, and that no two can match one subject.
 * @throws TrustRulesInvalid naming the rule and what is wrong
 */
export function parseTrustRules(parsed: unknown): readonly TrustRule[] {
  if (!Value.Check(TrustRules, parsed)) {
    const faults = [...Value.Errors(TrustRules, parsed)].map((error) => `${error.instancePath || '/'} ${error.message}`);
    throw new TrustRulesInvalid(`the trust rules are not usable: ${faults.join('; ')}`);
  }
  const seen = new Map<string, string>();
  for (const rule of parsed.rules) {
    for (const subject of subjectsOf(rule)) {
      if (subject.includes('*')) throw new TrustRulesInvalid(`rule ${rule.name}: the subject "${subject}" holds a *: name each subject`);
      const pair = JSON.stringify([rule.issuer, subject]);
      const other = seen.get(pair);
      if (other !== undefined) throw new TrustRulesInvalid(`rules ${other} and ${rule.name} both match subject "${subject}" of issuer "${rule.issuer}": one subject becomes one workload`);
      seen.set(pair, rule.name);
    }
  }
  return parsed.rules;
}

/** Evaluates every rule: none or several matching refuse; never first match wins. */
export function matchRule(rules: readonly TrustRule[], claims: TokenClaims, service: string): RuleVerdict {
  const matching = rules.filter((rule) => rule.issuer === claims.issuer && rule.audience === claims.audience && subjectsOf(rule).includes(claims.subject) && rule.service === service);
  const [rule] = matching;
  if (rule === undefined) return { verdict: 'refused', code: 'no_rule', detail: `No trust rule lets subject "${claims.subject}" of issuer "${claims.issuer}" become the service "${service}".` };
  if (matching.length > 1) return { verdict: 'refused', code: 'ambiguous_rule', detail: `The rules ${matching.map((match) => match.name).join(', ')} match at once.` };
  return { verdict: 'matched', rule };
}

const subjectsOf = (rule: TrustRule): readonly string[] => ('equals' in rule.subject ? [rule.subject.equals] : rule.subject.oneOf);

/** SPIFFE ID of a service. */
export const spiffeIdOf = (trustDomain: string, service: ServiceName): string => `spiffe://${trustDomain}/service/${service}`;
