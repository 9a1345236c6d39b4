// SPDX-License-Identifier: Apache-2.0
// How the table of workload keys grows from one pinned root. Invariant: an entry of identity counts only with a proof by
// the root; every entry (also those) counts only when its record was signed by a key of identity so proved, valid and
// not revoked when the broker appended it. Compaction may put an entry of identity behind the entries that it signed, so
// that what waits for a key is kept and tried again once the root vouches for that key.
import { Compile } from 'typebox/compile';
import { type ServiceName, services, topics, WorkloadChanged } from '@nervus/contracts';
import { VerificationError, type VerificationErrorCode } from './errors.js';
import { importPublicJwk, thumbprintOf } from './jwk.js';
import { type ReadRecord, signedParts } from './record-input.js';
import { readClaim, type RecordClaim, signatureTexts, VerifiedRoots } from './record-signature.js';
import { verifyRootProof } from './root-proof.js';
import { parseJsonObject } from './strict-jws.js';
import type { TrustBundle } from './trust-bundle.js';
import { type KeyFault, type Workload, WorkloadDirectory } from './workload-directory.js';

const workloadChanged = Compile(WorkloadChanged.schema);

export type WorkloadAcceptance =
  | { readonly state: 'accepted'; readonly kid: string }
  /** A tombstone of identity removed the key. */
  | { readonly state: 'removed'; readonly kid: string }
  /** The same or a newer version is known. */
  | { readonly state: 'stale'; readonly kid: string }
  /** Signed by a key that no root vouches for yet; kept, and settled when one does. */
  | { readonly state: 'pending'; readonly kid: string }
  | { readonly state: 'refused'; readonly code: VerificationErrorCode | KeyFault; readonly detail: string; readonly kid?: string };

export interface WorkloadIntakeOptions {
  readonly directory: WorkloadDirectory;
  readonly bundle: TrustBundle;
  /** Configured prefix of physical topic names, perhaps empty. */
  readonly topicPrefix: string;
  /** Told what became of a record that was pending. */
  readonly onSettled?: (record: ReadRecord, acceptance: WorkloadAcceptance) => void;
  /** Records kept while their key is unknown; further ones are refused. @default 20000 */
  readonly maxPending?: number;
}

type Entry = WorkloadChanged & { readonly service: ServiceName };

/** A record in its form, with who claims to have signed it. */
interface ReadEntry {
  readonly record: ReadRecord;
  readonly claim: RecordClaim;
  readonly kid: string;
  /** Undefined for a tombstone. */
  readonly entry: Entry | undefined;
}

/** Takes in the records of `identity.workloads`, in any order. */
export class WorkloadIntake {
  /** Keys of identity that the root vouches for: they may sign entries before their own record is accepted. */
  private readonly proved = new Map<string, Workload>();
  private readonly waiting = new Map<string, ReadEntry[]>();
  private readonly roots = new VerifiedRoots(64);
  private waitingCount = 0;

  constructor(private readonly options: WorkloadIntakeOptions) {}

  /** Decides whether a record of `identity.workloads` may enter the directory, and puts it in. Never throws for what the record holds. */
  accept(record: ReadRecord): WorkloadAcceptance {
    let read: ReadEntry;
    try {
      read = this.read(record);
      if (read.entry?.service === 'identity') this.prove(read.entry);
      else if (read.entry?.rootProof !== undefined) throw new VerificationError('root_proof_invalid', 'only entries of identity carry a root proof');
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      return { state: 'refused', code: error.code, detail: error.message };
    }
    const acceptance = this.decide(read);
    // What waited for this key is settled after the key's own record, so that an entry is judged by all that is known.
    if (this.proved.has(read.kid)) this.settle(read.kid);
    return acceptance;
  }

  /** Records whose signer is still not vouched for: at the end of a load, and after a bounded wait, they are forged. */
  pending(): ReadRecord[] {
    return [...this.waiting.values()].flat().map(({ record }) => record);
  }

  private read(record: ReadRecord): ReadEntry {
    const topic = this.options.topicPrefix + topics.identity.workloads.name;
    if (record.topic !== topic) throw new VerificationError('record_malformed', `the record is of ${record.topic}, expected ${topic}`);
    const claim = readClaim(signedParts(record), signatureTexts(record), this.roots);
    const kid = record.key?.toString('utf8') ?? '';
    if (record.value === null) return { record, claim, kid, entry: undefined };
    const value = parseJsonObject(record.value, 'workload entry');
    if (!workloadChanged.Check(value) || !isService(value)) throw new VerificationError('malformed', 'the workload entry does not have the form of its contract');
    if (value.kid !== kid || thumbprintOf(value.jwk) !== kid) throw new VerificationError('malformed', `the kid of the workload entry is not the thumbprint of its key, or not the record's key`);
    const expected = `spiffe://${this.options.bundle.trustDomain}/service/${value.service}`;
    if (value.spiffeId !== expected) throw new VerificationError('malformed', `the workload entry names ${value.spiffeId}, expected ${expected}`);
    return { record, claim, kid, entry: value };
  }

  private prove(entry: Entry): void {
    if (entry.rootProof === undefined) throw new VerificationError('root_proof_invalid', `the entry of identity's key ${entry.kid} carries no root proof`, { kid: entry.kid });
    verifyRootProof(entry.rootProof, entry, this.options.bundle);
    const { kid, spiffeId, service, jwk, version } = entry;
    this.proved.set(kid, { kid, spiffeId, service, publicJwk: jwk, publicKey: importPublicJwk(jwk), notBefore: Date.parse(entry.notBefore), notAfter: Date.parse(entry.notAfter), version });
  }

  private decide(read: ReadEntry): WorkloadAcceptance {
    const { kid } = read.claim;
    const refused = (code: VerificationErrorCode, detail: string): WorkloadAcceptance => ({ state: 'refused', code, detail, kid });
    const signer = this.proved.get(kid);
    if (!signer) return this.options.directory.find(kid) ? refused('wrong_producer', `only identity introduces keys, ${kid} is a key of another service`) : this.wait(read);
    const at = read.record.timestamp;
    if (!read.claim.isProvedBy(signer.publicKey)) return refused('signature_invalid', `the record is not signed by ${signer.kid}`);
    if (at < signer.notBefore) return refused('key_not_yet_valid', `the key of identity was not yet valid when the record was appended`);
    if (at >= signer.notAfter) return refused('key_expired', `the key of identity had expired when the record was appended`);
    const revokedAt = this.options.directory.revokedAt(signer.kid);
    if (revokedAt !== undefined && at >= revokedAt) return refused('key_revoked', `the key of identity was revoked when the record was appended`);
    if (!read.entry) {
      this.options.directory.remove(read.kid);
      return { state: 'removed', kid: read.kid };
    }
    return { state: this.options.directory.put(read.entry, { by: signer.kid, appendedAt: at }) ? 'accepted' : 'stale', kid: read.kid };
  }

  private wait(read: ReadEntry): WorkloadAcceptance {
    const limit = this.options.maxPending ?? 20_000;
    if (this.waitingCount >= limit) return { state: 'refused', code: 'unknown_key', detail: `${limit} records wait for unknown keys already`, kid: read.claim.kid };
    this.waitingCount++;
    const others = this.waiting.get(read.claim.kid);
    if (others) others.push(read);
    else this.waiting.set(read.claim.kid, [read]);
    return { state: 'pending', kid: read.kid };
  }

  private settle(kid: string): void {
    const settled = this.waiting.get(kid) ?? [];
    this.waiting.delete(kid);
    this.waitingCount -= settled.length;
    // No recursion: entries unlock others only by their root proof, which was taken in when they came.
    for (const read of settled) {
      const acceptance = this.decide(read);
      this.options.onSettled?.(read.record, acceptance);
    }
  }
}

const isService = (entry: WorkloadChanged): entry is Entry => services.some((service) => service === entry.service);
