// SPDX-License-Identifier: Apache-2.0
import { Compile } from 'typebox/compile';
import { EnrolmentRequested, findTopic, headerNames, type PublicJwk, type ServiceName, type TopicDeclaration, topics } from '@nervus/contracts';
import { VerificationError, type VerificationErrorCode } from './errors.js';
import { importPublicJwk, thumbprintOf } from './jwk.js';
import { type ReadRecord, signedParts, type SignedParts, textHeader } from './record-input.js';
import { parseOrigin, type RecordOrigin } from './record-origin.js';
import { readClaim, type RecordClaim, signatureTexts, VerifiedRoots } from './record-signature.js';
import { parseSequence, type Sequence } from './sequence.js';
import { parseJsonObject } from './strict-jws.js';
import type { KeyFault, WorkloadDirectory } from './workload-directory.js';

/** Reason code of the quarantine: a key's time is told apart, everything else is a forgery. */
export type RefusalCode = 'forged_record' | 'key_expired' | 'key_not_yet_valid' | 'key_revoked';

/** What exactly is wrong with the record. */
export type RecordFault = VerificationErrorCode | KeyFault | 'undeclared_topic' | 'wrong_source' | 'origin_refused';

/** What every record proves that is signed by somebody. */
interface Proved {
  readonly kid: string;
  readonly sequence: Sequence;
  /** Declaration of the topic that it was signed for: of a copy, the topic of the original. */
  readonly declaration: TopicDeclaration;
  /** When that topic's broker appended it, milliseconds since the epoch. */
  readonly appendedAt: number;
  /** Only of a copy in a retry or dead-letter topic. */
  readonly origin?: RecordOrigin;
}

export type RecordVerification =
  | ({ readonly state: 'verified'; readonly service: ServiceName; readonly spiffeId: string } & Proved)
  /** An enrolment: the sender holds the private part of this key, and nothing else is proved. */
  | ({ readonly state: 'self_signed'; readonly publicJwk: PublicJwk } & Proved)
  /** The table does not know the key (yet): wait a bounded time, then quarantine. */
  | { readonly state: 'unknown'; readonly kid: string }
  | { readonly state: 'refused'; readonly code: RefusalCode; readonly fault: RecordFault; readonly detail: string; readonly kid?: string };

export interface RecordVerifierOptions {
  readonly directory: WorkloadDirectory;
  /** Configured prefix of physical topic names, perhaps empty. */
  readonly topicPrefix: string;
  /** Whether this service's group subscribes to that physical topic: a copy is believed only from such an origin. */
  readonly subscribes: (physicalTopic: string) => boolean;
  /** Share one between verifiers of a process. */
  readonly roots?: VerifiedRoots;
}

/** How far the clocks of two brokers may be apart, in milliseconds. */
const brokerSkewMs = 60_000;

const enrolmentRequested = Compile(EnrolmentRequested.schema);

/** Thrown and caught inside this file: one way out of the checks. */
class Refused extends Error {
  constructor(
    readonly fault: RecordFault,
    readonly detail: string,
    readonly kid?: string,
  ) {
    super(detail);
  }
}

/** Decides, before anything of it is decoded, whether a record is what its declared producer wrote. */
export class RecordVerifier {
  private readonly roots: VerifiedRoots;

  constructor(private readonly options: RecordVerifierOptions) {
    this.roots = options.roots ?? new VerifiedRoots();
  }

  /** Never throws for what the record holds. */
  verify(record: ReadRecord): RecordVerification {
    try {
      return this.check(record);
    } catch (error) {
      if (error instanceof Refused) return refusal(error.fault, error.detail, error.kid);
      if (error instanceof VerificationError) return refusal(error.code, error.message);
      throw error;
    }
  }

  private check(record: ReadRecord): RecordVerification {
    const origin = this.originOf(record);
    const topic = origin?.topic ?? record.topic;
    const declaration = this.declarationOf(topic);
    const parts = signedParts({ ...record, topic });
    const claim = readClaim(parts, signatureTexts(record), this.roots);
    const sequence = parseSequence(parts.sequence.toString('latin1'));
    if (!sequence) throw new Refused('record_malformed', 'the record has no number');
    const proved: Proved = { kid: claim.kid, sequence, declaration, appendedAt: origin?.appendedAt ?? record.timestamp, ...(origin && { origin }) };
    return declaration.name === topics.identity.enrolments.name ? selfSigned(record, claim, proved) : this.judged(claim, parts, proved);
  }

  private judged(claim: RecordClaim, parts: SignedParts, proved: Proved): RecordVerification {
    const judgement = this.options.directory.judge(claim.kid, { producers: proved.declaration.producers, appendedAt: proved.appendedAt });
    if (judgement.state === 'unknown') return { state: 'unknown', kid: claim.kid };
    const { workload } = judgement;
    // The signature comes first, so that nobody can make another's key look expired or out of place.
    if (!claim.isProvedBy(workload.publicKey)) throw new Refused('signature_invalid', 'the signature does not fit the record', claim.kid);
    if (judgement.state === 'refused') throw new Refused(judgement.code, judgement.detail, claim.kid);
    const source = parts.headers.find(([name]) => name === 'ce_source')?.[1].toString('utf8');
    if (source !== undefined && source !== workload.spiffeId) throw new Refused('wrong_source', `ce_source names ${source}, the key belongs to ${workload.spiffeId}`, claim.kid);
    return { state: 'verified', service: workload.service, spiffeId: workload.spiffeId, ...proved };
  }

  private declarationOf(physicalTopic: string): TopicDeclaration {
    const { topicPrefix } = this.options;
    const declaration = physicalTopic.startsWith(topicPrefix) ? findTopic(physicalTopic.slice(topicPrefix.length)) : undefined;
    if (!declaration) throw new Refused('undeclared_topic', `no topic ${physicalTopic} is declared`);
    return declaration;
  }

  /** The origin of a copy; elsewhere the header must not stand, since nothing signs it. */
  private originOf(record: ReadRecord): RecordOrigin | undefined {
    const named = Object.hasOwn(record.headers, headerNames.origin);
    if (!this.declarationOf(record.topic).copies) {
      if (named) throw new Refused('origin_refused', `only copies in retry and dead-letter topics carry ${headerNames.origin}`);
      return undefined;
    }
    const origin = parseOrigin(textHeader(record.headers, headerNames.origin).toString('utf8'));
    if (this.declarationOf(origin.topic).copies) throw new Refused('origin_refused', `${origin.topic} holds copies itself`);
    if (!this.options.subscribes(origin.topic)) throw new Refused('origin_refused', `this group does not subscribe to ${origin.topic}`);
    if (origin.appendedAt > record.timestamp + brokerSkewMs) throw new Refused('origin_refused', 'the copy is older than its original');
    return origin;
  }
}

/** An enrolment is held to the key in its own value: it proves possession, no more. */
function selfSigned(record: ReadRecord, claim: RecordClaim, proved: Proved): RecordVerification {
  const value = record.value && parseJsonObject(record.value, 'enrolment');
  if (!enrolmentRequested.Check(value)) throw new Refused('malformed', 'the enrolment does not have the form of its contract', claim.kid);
  const named = [claim.kid, value.kid, record.key?.toString('utf8')];
  if (named.some((kid) => kid !== thumbprintOf(value.jwk))) throw new Refused('signature_invalid', 'the kid of the enrolment is not the thumbprint of its key', claim.kid);
  if (!claim.isProvedBy(importPublicJwk(value.jwk))) throw new Refused('signature_invalid', 'the enrolment is not signed by the key that it shows', claim.kid);
  return { state: 'self_signed', publicJwk: value.jwk, ...proved };
}

function refusal(fault: RecordFault, detail: string, kid?: string): RecordVerification {
  const code = fault === 'key_expired' || fault === 'key_not_yet_valid' || fault === 'key_revoked' ? fault : 'forged_record';
  return { state: 'refused', code, fault, detail, ...(kid !== undefined && { kid }) };
}
