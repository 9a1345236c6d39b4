// SPDX-License-Identifier: Apache-2.0
// Who signed the entries. The key history stands in the log itself and grows from the pinned root alone; records of a
// key may stand before the record that introduces it, so that what cannot be judged yet waits for the end of the walk.
// Whether a key might sign is asked at the end for every use, because a revocation counts for what was read before it.
import { type EnrolmentRequested, type RevocationIssued, type TopicDeclaration, topics } from '@nervus/contracts';
import {
  importPublicJwk, type LogEntry, recordOf, thumbprintOf, type TrustBundle, VerificationError, VerifiedRoots, verifyEntry, verifyPermit, WorkloadDirectory, WorkloadIntake,
} from '@nervus/trust';
import { countsAsProducer } from '../enrolments.js';
import type { EntryFacts } from '../entry-facts.js';
import { type Finding, found } from '../finding.js';
import { permitClaimsOf } from '../rules/permit-claims.js';

/** An entry with what lies beside it. */
export interface SignedEntry {
  readonly index: number;
  readonly entry: LogEntry;
  readonly facts: EntryFacts;
  /** Undefined when it is not at hand; its digest was checked. */
  readonly value: Buffer | null | undefined;
  /** Its value as declared, where verification reads it. */
  readonly data: unknown;
  /** The broker's append time as the keeper of the log has it, milliseconds; undefined when it is not at hand. */
  readonly appendedAt: number | undefined;
}

interface Use {
  readonly index: number;
  readonly appendedAt: number;
  readonly topic: TopicDeclaration;
}

/** An enrolment whose own signature holds. */
export interface Enrolment {
  readonly index: number;
  readonly facts: EntryFacts;
  readonly data: EnrolmentRequested;
}

interface PermitToCheck {
  readonly index: number;
  readonly compact: string;
}

export class SignatureCheck {
  readonly directory = new WorkloadDirectory();
  private readonly intake: WorkloadIntake;
  private readonly roots = new VerifiedRoots(16_384);
  private readonly uses = new Map<string, Use[]>();
  private readonly waiting = new Map<string, SignedEntry[]>();
  private readonly waitingPermits: PermitToCheck[] = [];
  private readonly findings: Finding[] = [];
  private readonly enrolments: Enrolment[] = [];
  verified = 0;

  constructor(trust: TrustBundle, topicPrefix: string) {
    this.intake = new WorkloadIntake({ directory: this.directory, bundle: trust, topicPrefix, maxPending: 1_000_000, onSettled: ({ key }) => this.retry(key?.toString('utf8') ?? '') });
  }

  /** Takes an entry in. Keys that it introduces are used for it and for what waited for them. */
  entry(signed: SignedEntry): void {
    const { facts, entry, value, appendedAt } = signed;
    // A tombstone says that nothing signed by the key is kept on Kafka any more; the log keeps it.
    if (facts.topic?.name === topics.identity.workloads.name && value && appendedAt !== undefined) {
      this.intake.accept({ ...recordOf(entry, value), timestamp: appendedAt });
      this.retry(facts.key ?? '');
    }
    if (facts.topic?.name === topics.identity.enrolments.name) this.enrolment(signed);
    else this.check(signed);
    if (facts.topic?.name === topics.approval.decisions.name && facts.extensions.permit !== undefined) this.permit({ index: signed.index, compact: facts.extensions.permit });
  }

  /** What is wrong, once the whole log was read. */
  conclude(): Finding[] {
    for (const [kid, entries] of this.waiting) {
      for (const { index } of entries) this.findings.push(found('signature', 'unknown_key', [index], `The entry is signed by ${kid}, which no root of the trust bundle vouches for in this log.`));
    }
    for (const permit of this.waitingPermits) this.findings.push(...this.permitFindings(permit));
    for (const [kid, uses] of this.uses) for (const use of uses) this.judge(kid, use);
    return this.findings;
  }

  /** Enrolments that count into the numbers of their process, once the whole log was read. */
  countedEnrolments(): Enrolment[] {
    return this.enrolments.filter(({ facts, data }) => countsAsProducer(data, facts.producer, (kid) => this.directory.find(kid)));
  }

  private retry(kid: string): void {
    const waiting = this.waiting.get(kid);
    if (!waiting || !this.directory.find(kid)) return;
    this.waiting.delete(kid);
    for (const signed of waiting) this.check(signed);
  }

  private check(signed: SignedEntry): void {
    const { index, entry, facts, appendedAt } = signed;
    try {
      const { kid } = verifyEntry(entry, (known) => this.directory.find(known)?.publicKey, this.roots);
      this.verified++;
      const workload = this.directory.find(kid);
      if (workload?.spiffeId !== facts.producer) this.findings.push(found('signature', 'wrong_source', [index], `The entry names ${facts.producer || 'nobody'} as its source, its key belongs to ${workload?.spiffeId}.`));
      if (facts.topic) this.use(kid, { index, appendedAt: appendedAt ?? facts.time, topic: facts.topic });
      if (facts.topic?.name === topics.identity.revocations.name && signed.data) this.directory.revoke(signed.data as RevocationIssued);
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      const kid = error.details['kid'];
      if (error.code === 'unknown_key' && typeof kid === 'string') this.wait(kid, signed);
      else this.findings.push(found('signature', error.code, [index], `The signature of the entry does not hold: ${error.message}.`));
    }
  }

  private enrolment({ index, entry, facts, data }: SignedEntry): void {
    // Without its value there is no key to check it by; that the value is missing is reported where values are.
    if (typeof data !== 'object' || data === null) return;
    const { jwk } = data as EnrolmentRequested;
    try {
      verifyEntry(entry, (named) => (named === thumbprintOf(jwk) ? importPublicJwk(jwk) : undefined), this.roots);
      this.verified++;
      this.enrolments.push({ index, facts, data: data as EnrolmentRequested });
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      this.findings.push(found('signature', error.code, [index], `The enrolment is not signed by the key that it shows: ${error.message}.`));
    }
  }

  private permit(permit: PermitToCheck): void {
    const findings = this.permitFindings(permit);
    // The key of approval may be introduced later in the log.
    if (findings.some(({ code }) => code === 'permit_unknown_key')) this.waitingPermits.push(permit);
    else this.findings.push(...findings);
  }

  private permitFindings({ index, compact }: PermitToCheck): Finding[] {
    const claims = permitClaimsOf(compact);
    // What is no permit at all is a matter of R1.
    if (!claims) return [];
    try {
      verifyPermit(compact, { directory: this.directory, audience: claims.aud, now: claims.nbf * 1000 });
      return [];
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      return [found('signature', `permit_${error.code}`, [index], `The permit of the decision does not hold: ${error.message}.`)];
    }
  }

  private wait(kid: string, signed: SignedEntry): void {
    const waiting = this.waiting.get(kid);
    if (waiting) waiting.push(signed);
    else this.waiting.set(kid, [signed]);
  }

  private use(kid: string, use: Use): void {
    const uses = this.uses.get(kid);
    if (uses) uses.push(use);
    else this.uses.set(kid, [use]);
  }

  private judge(kid: string, { index, appendedAt, topic }: Use): void {
    const judgement = this.directory.judge(kid, { producers: topic.producers, appendedAt });
    if (judgement.state === 'refused') this.findings.push(found('signature', judgement.code, [index], `The key might not sign this: ${judgement.detail}.`));
    else if (judgement.state === 'unknown') this.findings.push(found('signature', 'unknown_key', [index], `The key ${kid} was taken out of the key history.`));
  }
}
