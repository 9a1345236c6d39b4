// SPDX-License-Identifier: Apache-2.0
import { DecisionMade, type ExactAction, IntentRecorded, OutcomeRecorded, PermitReturned, type SignedExtension } from '@nervus/contracts';
import { digestOfAction, digestOfBytes, idempotencyKeyOf, type Permit } from '@nervus/trust';
import type { RuleEntry } from '../rules/rule-entry.js';

/** Where the stories begin: seconds since the epoch. */
export const startSeconds = 1_795_514_400;

const hash = digestOfBytes('policy');
const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const instant = (seconds: number): string => new Date(seconds * 1000).toISOString();

const action = (n: number): ExactAction => ({
  v: 1, tenant: 'default', actionId: uuid(n), runId: uuid(9000 + n), agent: { name: 'market-news', version: '1.0.0', digest: hash }, tool: 'alert', operation: 'log', toolVersion: 1, toolSchema: hash, target: 'alert-log:desk', params: { n }, effect: 'write',
});

/** What one step of a story changes of the entry that it would be otherwise. */
export interface Twist {
  readonly extensions?: Partial<Record<SignedExtension, string | undefined>>;
  readonly data?: object;
  readonly id?: string;
  /** Seconds after the permit was given. */
  readonly after?: number;
  readonly withoutValue?: boolean;
}

/** Writes the entries of one action, as approval and action would, so that a test can say what went otherwise. */
export class RuleStory {
  readonly entries: RuleEntry[] = [];
  readonly action: ExactAction;
  readonly digest: string;
  readonly permit: string;
  readonly claims: Permit;
  decisionLeaf = '';
  intentLeaf = '';

  constructor(
    private readonly n: number,
    claims: Partial<Permit> = {},
    private readonly next: () => number = counter(),
  ) {
    this.action = action(n);
    this.digest = digestOfAction(this.action);
    this.claims = {
      iss: 'spiffe://nervus.local/service/approval', aud: 'action', jti: uuid(1000 + n), sub: 'spiffe://nervus.local/tenant/default/agent/market-news', act: this.digest, aid: this.action.actionId, tier: 1, pol: { v: 1, h: hash }, stp: 0, nbf: startSeconds, exp: startSeconds + 300, use: 1,
      ...claims,
    };
    this.permit = `e30.${Buffer.from(JSON.stringify(this.claims)).toString('base64url')}.c2ln`;
  }

  decision(twist: Twist = {}): RuleEntry {
    const { claims, permit } = this;
    const request = claims.req && { requestId: claims.req.id, revision: claims.req.rev, votes: [], evidenceHash: claims.evd };
    const entry = this.add(DecisionMade.type, 'approval', { actiondigest: this.digest, tier: String(claims.tier), permit }, { result: 'permitted', code: 'automatic', action: this.action, digest: this.digest, tier: claims.tier, policySet: claims.pol, permit, ...(request && { request }) }, twist);
    this.decisionLeaf = entry.leaf;
    return entry;
  }

  intent(twist: Twist = {}): RuleEntry {
    const entry = this.add(IntentRecorded.type, 'action', this.authority(), { ...this.named(), deadline: instant(this.claims.exp) }, twist);
    this.intentLeaf = entry.leaf;
    return entry;
  }

  outcome(result: 'succeeded' | 'failed' | 'unknown' = 'succeeded', twist: Twist = {}): RuleEntry {
    const intentleaf = this.intentLeaf === '' ? {} : { intentleaf: this.intentLeaf };
    const startedAt = instant(startSeconds + (twist.after ?? 1));
    const data = { ...this.named(), tool: 'alert', operation: 'log', result, idempotencyKey: idempotencyKeyOf(this.digest), startedAt };
    return this.add(OutcomeRecorded.type, 'action', { ...this.authority(), ...intentleaf, result }, data, { id: `outcome-${result}-${this.n}`, ...twist });
  }

  returned(twist: Twist = {}): RuleEntry {
    return this.add(PermitReturned.type, 'action', this.authority(), { ...this.named(), code: 'permit_expired' }, twist);
  }

  private authority(): Partial<Record<SignedExtension, string>> {
    return { actiondigest: this.digest, tier: String(this.claims.tier), permit: this.permit, decisionleaf: this.decisionLeaf };
  }

  private named(): object {
    const { action: done, claims, digest } = this;
    return { actionId: done.actionId, runId: done.runId, digest, jti: claims.jti, tier: claims.tier };
  }

  private add(type: string, service: string, extensions: Partial<Record<SignedExtension, string>>, data: object, twist: Twist): RuleEntry {
    const index = this.next();
    const kept = Object.fromEntries(Object.entries({ ...extensions, ...twist.extensions }).filter(([, value]) => value !== undefined));
    const entry: RuleEntry = {
      index, leaf: digestOfBytes(`leaf ${index}`), type, id: twist.id ?? `${type}-${this.n}`, producer: `spiffe://nervus.local/service/${service}`, epoch: `${service}-process`, tenant: 'default', time: (startSeconds + (twist.after ?? 0)) * 1000, extensions: kept,
      ...(twist.withoutValue ? {} : { data: { ...data, ...twist.data } }),
    };
    this.entries.push(entry);
    return entry;
  }
}

/** Numbers from 0, for stories that share one log. */
export function counter(): () => number {
  let next = 0;
  return () => next++;
}
