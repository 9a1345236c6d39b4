// SPDX-License-Identifier: Apache-2.0
// R1, R2 and R3: every intent and every outcome names a permit of the log, for exactly that action, used once. One case
// per permit. References are leaf hashes in signed headers, so that nothing here depends on a clock or on a value.
import { DecisionMade, IntentRecorded, OutcomeRecorded, PermitReturned } from '@nervus/contracts';
import { digestOfBytes, type Permit } from '@nervus/trust';
import { type Finding, found } from '../finding.js';
import { permitClaimsOf } from './permit-claims.js';
import type { RuleEntry } from './rule-entry.js';

/** An intent, an outcome or a returned permit: whatever claims the authority of a permit. */
type Use = 'intent' | 'outcome' | 'returned';

const useOf: ReadonlyMap<string, Use> = new Map([
  [IntentRecorded.type, 'intent'],
  [OutcomeRecorded.type, 'outcome'],
  [PermitReturned.type, 'returned'],
]);

interface Decision {
  readonly index: number;
  /** Hash of the compact permit; undefined when the decision permits nothing. */
  readonly permit: string | undefined;
}

interface Intent {
  readonly index: number;
  readonly jti: string;
}

/** An event and the entries that hold it: an outbox that was published twice is counted once. */
interface Once {
  readonly id: string;
  readonly index: number;
}

interface PermitCase {
  readonly permit: string;
  readonly intents: Once[];
  readonly finals: Once[];
  unknown: Once | undefined;
  returned: Once | undefined;
}

/** A use whose predecessor is not in the log yet. */
interface WaitingUse {
  readonly index: number;
  readonly use: Use;
  readonly permit: string;
  readonly claims: Permit;
}

/** What a use waits for: leaf hashes of records that must be in the log before it. */
export interface Predecessor {
  readonly kind: 'decision' | 'intent';
  /** base64url leaf hash. */
  readonly leaf: string;
}

export class Authority {
  private readonly decisions = new Map<string, Decision>();
  private readonly intents = new Map<string, Intent>();
  private readonly cases = new Map<string, PermitCase>();
  private readonly succeeded = new Map<string, Once & { readonly jti: string }>();
  private readonly permitted = new Set<string>();
  private readonly awaitingDecision = new Map<string, WaitingUse[]>();
  private readonly awaitingIntent = new Map<string, WaitingUse[]>();

  /** Takes an entry in; gives what is certainly wrong with it, or with an earlier one that waited for it. */
  entry(entry: RuleEntry): Finding[] {
    if (entry.type === DecisionMade.type) return this.decision(entry);
    const use = useOf.get(entry.type);
    return use ? this.used(entry, use) : [];
  }

  /** The leaves that an intent or outcome names as coming before it and that the log does not hold. */
  missingPredecessors(entry: Pick<RuleEntry, 'type' | 'extensions'>): Predecessor[] {
    if (!useOf.has(entry.type)) return [];
    const { decisionleaf, intentleaf } = entry.extensions;
    return [
      ...(decisionleaf !== undefined && !this.decisions.has(decisionleaf) ? [{ kind: 'decision', leaf: decisionleaf } as const] : []),
      ...(intentleaf !== undefined && !this.intents.has(intentleaf) ? [{ kind: 'intent', leaf: intentleaf } as const] : []),
    ];
  }

  /** Uses whose predecessor never came: broken unless more of the log is still to be read. */
  unresolved(): Finding[] {
    const absent = (waiting: ReadonlyMap<string, readonly WaitingUse[]>, kind: Predecessor['kind']): Finding[] =>
      [...waiting].flatMap(([leaf, uses]) => uses.map(({ use, index }) => found('R1', `${kind}_missing`, [index], `The ${nameOf[use]} names the ${kind} ${leaf}, which is not in the log.`)));
    return [...absent(this.awaitingDecision, 'decision'), ...absent(this.awaitingIntent, 'intent')];
  }

  /** Whether a decision in the log permitted the action with this digest. */
  permits(actionDigest: string): boolean {
    return this.permitted.has(actionDigest);
  }

  /** Digests of all actions that the log permits. */
  permittedDigests(): Iterable<string> {
    return this.permitted;
  }

  /** Whether an outcome or a return is known for this permit: what R7 waits for. */
  isClosed(jti: string): boolean {
    const known = this.cases.get(jti);
    return known !== undefined && (known.finals.length > 0 || known.unknown !== undefined || known.returned !== undefined);
  }

  private decision(entry: RuleEntry): Finding[] {
    const { index, leaf, extensions } = entry;
    const compact = extensions.permit;
    const permit = compact === undefined ? undefined : digestOfBytes(compact);
    this.decisions.set(leaf, { index, permit });
    const findings: Finding[] = [];
    if (compact !== undefined) {
      const claims = permitClaimsOf(compact);
      if (!claims) findings.push(found('R1', 'permit_malformed', [index], 'The permit of the decision is none.'));
      else findings.push(...this.permitIssued(entry, claims, digestOfBytes(compact)));
    }
    const waiting = this.awaitingDecision.get(leaf) ?? [];
    this.awaitingDecision.delete(leaf);
    for (const use of waiting) findings.push(...this.heldToDecision(use, { index, permit }));
    return findings;
  }

  private permitIssued({ index, extensions }: RuleEntry, claims: Permit, permit: string): Finding[] {
    const findings = namesOther(index, 'decision', claims, extensions);
    if (findings.length === 0) this.permitted.add(claims.act);
    const known = this.cases.get(claims.jti);
    if (!known) this.cases.set(claims.jti, { permit, intents: [], finals: [], unknown: undefined, returned: undefined });
    else if (known.permit !== permit) findings.push(found('R3', 'permit_conflict', [index], `The permit id ${claims.jti} stands in another permit of the log already.`));
    return findings;
  }

  private used(entry: RuleEntry, use: Use): Finding[] {
    const { index, leaf, extensions } = entry;
    const claims = extensions.permit === undefined ? undefined : permitClaimsOf(extensions.permit);
    if (!claims || extensions.permit === undefined) return [found('R1', 'permit_missing', [index], `The ${nameOf[use]} names no permit.`)];
    if (use === 'intent') this.intents.set(leaf, { index, jti: claims.jti });
    const waiting: WaitingUse = { index, use, permit: digestOfBytes(extensions.permit), claims };
    const findings = [...namesOther(index, nameOf[use], claims, extensions), ...this.countedUse(entry, use, claims), ...this.findDecision(entry, waiting)];
    if (use !== 'intent' && claims.tier >= 2) findings.push(...this.findIntent(entry, waiting));
    if (use === 'intent') for (const later of this.awaitingIntent.get(leaf) ?? []) findings.push(...this.heldToIntent(later, { index, jti: claims.jti }));
    if (use === 'intent') this.awaitingIntent.delete(leaf);
    return findings;
  }

  private findDecision({ extensions, index }: RuleEntry, use: WaitingUse): Finding[] {
    const leaf = extensions.decisionleaf;
    if (leaf === undefined) return [found('R1', 'decision_not_named', [index], `The ${nameOf[use.use]} names no decision.`)];
    const decision = this.decisions.get(leaf);
    if (decision) return this.heldToDecision(use, decision);
    this.awaitingDecision.set(leaf, [...(this.awaitingDecision.get(leaf) ?? []), use]);
    return [];
  }

  private heldToDecision({ index, use, permit, claims }: WaitingUse, decision: Decision): Finding[] {
    if (decision.permit !== permit) return [found('R1', 'permit_not_of_decision', [index, decision.index], `The decision that the ${nameOf[use]} names did not give its permit.`)];
    // Tier 0 and 1 go through the outbox and are checked afterwards: there the order in the log is that of arrival.
    if (claims.tier >= 2 && decision.index > index) return [found('R1', 'decision_after', [index, decision.index], `The ${nameOf[use]} stands before the decision that permits it.`)];
    return [];
  }

  private findIntent({ extensions, index }: RuleEntry, use: WaitingUse): Finding[] {
    const leaf = extensions.intentleaf;
    if (leaf === undefined) {
      // An action that failed before it was tried, such as by an expired permit, never came to an intent.
      const nothingDone = use.use === 'returned' || extensions.result === 'failed';
      return nothingDone ? [] : [found('R1', 'intent_not_named', [index], `The outcome of a tier ${use.claims.tier} action names no intent.`)];
    }
    const intent = this.intents.get(leaf);
    if (intent) return this.heldToIntent(use, intent);
    this.awaitingIntent.set(leaf, [...(this.awaitingIntent.get(leaf) ?? []), use]);
    return [];
  }

  private heldToIntent({ index, use, claims }: WaitingUse, intent: Intent): Finding[] {
    if (intent.jti !== claims.jti) return [found('R1', 'intent_of_other_permit', [index, intent.index], `The intent that the ${nameOf[use]} names was recorded under another permit.`)];
    if (intent.index > index) return [found('R1', 'intent_after', [index, intent.index], `The ${nameOf[use]} stands before its intent.`)];
    return [];
  }

  /** R3: one intent and one end for each permit, and one success for each action. */
  private countedUse({ index, id, extensions, tenant }: RuleEntry, use: Use, claims: Permit): Finding[] {
    const known = this.caseOf(claims.jti, extensions.permit ?? '');
    const once = { id, index };
    const again = (earlier: Once, what: string): Finding[] => [found('R3', 'permit_reused', [index, earlier.index], `The permit ${claims.jti} has ${what} already.`)];
    if (use === 'intent') {
      const other = known.intents.find((intent) => intent.id !== id);
      if (!known.intents.some((intent) => intent.id === id)) known.intents.push(once);
      return other ? again(other, 'another intent') : [];
    }
    if (use === 'returned') {
      known.returned ??= once;
      const spent = known.finals[0] ?? known.unknown;
      return spent ? [found('R3', 'returned_permit_used', [index, spent.index], `The permit ${claims.jti} was used and returned.`)] : [];
    }
    const findings: Finding[] = [];
    if (known.returned) findings.push(found('R3', 'returned_permit_used', [index, known.returned.index], `The permit ${claims.jti} was returned and used.`));
    if (extensions.result === 'unknown') {
      known.unknown ??= once;
      return findings;
    }
    const other = known.finals.find((final) => final.id !== id);
    if (!known.finals.some((final) => final.id === id)) known.finals.push(once);
    if (other) findings.push(...again(other, 'another outcome'));
    if (extensions.result === 'succeeded') {
      const action = `${tenant ?? ''}/${claims.aid}`;
      const before = this.succeeded.get(action);
      if (!before) this.succeeded.set(action, { ...once, jti: claims.jti });
      else if (before.jti !== claims.jti) findings.push(found('R3', 'action_repeated', [index, before.index], `The action ${claims.aid} succeeded under another permit already.`));
    }
    return findings;
  }

  private caseOf(jti: string, compact: string): PermitCase {
    let known = this.cases.get(jti);
    if (!known) this.cases.set(jti, (known = { permit: digestOfBytes(compact), intents: [], finals: [], unknown: undefined, returned: undefined }));
    return known;
  }
}

const nameOf: Readonly<Record<Use | 'decision', string>> = { intent: 'intent', outcome: 'outcome', returned: 'returned permit', decision: 'decision' };

/** R2: digest and tier in the headers are those of the permit. */
function namesOther(index: number, what: string, claims: Permit, { actiondigest, tier }: RuleEntry['extensions']): Finding[] {
  const findings: Finding[] = [];
  if (actiondigest !== claims.act) findings.push(found('R2', 'digest_mismatch', [index], `The ${what} is about the action ${actiondigest ?? '(none)'}, its permit about ${claims.act}.`));
  if (tier !== String(claims.tier)) findings.push(found('R2', 'tier_mismatch', [index], `The ${what} says tier ${tier ?? '(none)'}, its permit ${claims.tier}.`));
  return findings;
}
