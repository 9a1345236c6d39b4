// SPDX-License-Identifier: Apache-2.0
import { type EnrolmentRequested, type ServiceName, services, type WorkloadChanged } from '@nervus/contracts';
import { type TrustRule, matchRule, spiffeIdOf } from './trust-rules.js';
import { verifyLauncherToken } from './launcher-token.js';
import { VerificationError } from '@nervus/trust';

/** What the evidence of an enrolment holds, once opened. */
export interface Evidence {
  readonly token: string;
  /** Thumbprint of the new key: binds the evidence to it, or any reader could copy the ciphertext for a key of its own. */
  readonly kid: string;
}

export interface EnrolmentSettings {
  readonly trustDomain: string;
  /** Seconds that a workload key may sign. */
  readonly keySeconds: number;
}

export type EnrolmentVerdict =
  | { readonly verdict: 'accepted'; readonly workload: Omit<WorkloadChanged, 'version'>; readonly tokenId: string }
  | { readonly verdict: 'refused'; readonly code: string; readonly detail: string };

/** The clocks of broker and services differ a little, and permits are dated in whole seconds. */
const backdatedMs = 60_000;

/**
 * Judges an enrolment whose record is signed by the key that it shows.
 * @param evidence opened; undefined when it could not be
 * @param appendedAtMs when the broker got the record, by whose clock records are judged: the token must have been good then,
 * since identity may have been away
 */
export function judgeEnrolment(data: EnrolmentRequested, evidence: Evidence | undefined, rules: readonly TrustRule[], settings: EnrolmentSettings, appendedAtMs: number): EnrolmentVerdict {
  if (!evidence) return refused('evidence_unreadable', 'The evidence is not encrypted to the enrolment key of this installation.');
  if (evidence.kid !== data.kid) return refused('evidence_not_bound', 'The evidence was made for another key.');
  const service = services.find((name) => name === data.service);
  if (!service) return refused('no_rule', `There is no service "${data.service}".`);
  try {
    const token = verifyLauncherToken(evidence.token, rules, appendedAtMs);
    const match = matchRule(rules, token, service);
    if (match.verdict === 'refused') return match;
    return { verdict: 'accepted', workload: workloadOf(data, service, match.rule, token.subject, settings, appendedAtMs), tokenId: `${token.issuer}/${token.jti}` };
  } catch (error) {
    if (error instanceof VerificationError) return refused(error.code, error.message);
    throw error;
  }
}

function workloadOf(data: EnrolmentRequested, service: ServiceName, rule: TrustRule, subject: string, settings: EnrolmentSettings, appendedAtMs: number): Omit<WorkloadChanged, 'version'> {
  return {
    kid: data.kid,
    spiffeId: spiffeIdOf(settings.trustDomain, service),
    service,
    jwk: data.jwk,
    notBefore: new Date(appendedAtMs - backdatedMs).toISOString(),
    notAfter: new Date(appendedAtMs + settings.keySeconds * 1000).toISOString(),
    attestation: { kind: rule.kind, rule: rule.name, subject },
  };
}

const refused = (code: string, detail: string): EnrolmentVerdict => ({ verdict: 'refused', code, detail });
