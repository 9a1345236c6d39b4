// SPDX-License-Identifier: Apache-2.0
// Every workload key that was ever introduced and when it might sign. A key is judged at the time at which the broker
// appended the record in question, never at the wall clock, so that a consumer that was away, a redrive and a rebuild
// come to the same answer.
import type { KeyObject } from 'node:crypto';
import type { PublicJwk, RevocationIssued, ServiceName, WorkloadChanged } from '@nervus/contracts';
import { importPublicJwk } from './jwk.js';
import { Revocations } from './revocations.js';

/** A workload as its key proves it; times in milliseconds since the epoch. */
export interface Workload {
  readonly kid: string;
  readonly spiffeId: string;
  readonly service: ServiceName;
  readonly publicJwk: PublicJwk;
  readonly publicKey: KeyObject;
  /** First instant at which it may sign. */
  readonly notBefore: number;
  /** First instant at which it may no longer sign. */
  readonly notAfter: number;
  readonly version: number;
}

/** Which key of identity vouched for an entry, and when the broker appended that record. */
export interface Introduction {
  readonly by: string;
  readonly appendedAt: number;
}

export type KeyFault = 'key_expired' | 'key_not_yet_valid' | 'key_revoked' | 'wrong_producer';

export type Judgement =
  | { readonly state: 'good'; readonly workload: Workload }
  /** Not in the table; it may be on its way. */
  | { readonly state: 'unknown' }
  | { readonly state: 'refused'; readonly code: KeyFault; readonly detail: string; readonly workload: Workload };

/** What a key is judged for. */
export interface JudgedUse {
  /** Services that may produce this. */
  readonly producers: readonly ServiceName[];
  /** The broker's append time, milliseconds since the epoch. */
  readonly appendedAt: number;
}

interface Entry {
  readonly workload: Workload;
  readonly introduction: Introduction;
}

/** The key history: tables `identity.workloads` and `identity.revocations`, by kid. Reading never changes it. */
export class WorkloadDirectory {
  private readonly entries = new Map<string, Entry>();
  /** The earliest revocation that an entry of the kid ever carried: nothing takes it back. */
  private readonly revokedKeys = new Map<string, number>();

  /** Revocations of all kinds; those of workloads are obeyed here. */
  readonly revocations = new Revocations();

  /**
   * Puts in an entry whose record was accepted (see WorkloadIntake; tests may put directly).
   * @returns false when the same or a newer version is there
   */
  put(change: WorkloadChanged & { readonly service: ServiceName }, introduction: Introduction): boolean {
    const known = this.entries.get(change.kid);
    if (known && known.workload.version >= change.version) return false;
    this.entries.set(change.kid, { workload: workloadOf(change), introduction });
    if (change.revokedAt !== undefined) this.revokedKeys.set(change.kid, Math.min(Date.parse(change.revokedAt), this.revokedKeys.get(change.kid) ?? Infinity));
    return true;
  }

  /** A tombstone of identity: no record that this key signed is kept any more. */
  remove(kid: string): void {
    this.entries.delete(kid);
    this.revokedKeys.delete(kid);
  }

  /** Takes in a value of `identity.revocations` that was verified; false when a newer version is known. */
  revoke(revocation: RevocationIssued): boolean {
    return this.revocations.apply(revocation);
  }

  find(kid: string): Workload | undefined {
    return this.entries.get(kid)?.workload;
  }

  /** Since when the key is revoked, milliseconds since the epoch; undefined while it is not. */
  revokedAt(kid: string): number | undefined {
    const times = [this.revokedKeys.get(kid), this.revocations.revokedAt(`workload:${kid}`)].filter((time) => time !== undefined);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Whether the key might sign this at that time. A revocation counts from its instant on, also for what was read before it was known. */
  judge(kid: string, use: JudgedUse): Judgement {
    const entry = this.entries.get(kid);
    if (!entry) return { state: 'unknown' };
    const { workload, introduction } = entry;
    const refused = (code: KeyFault, detail: string): Judgement => ({ state: 'refused', code, detail, workload });
    if (!use.producers.includes(workload.service)) return refused('wrong_producer', `${workload.service} may not produce this: expected ${use.producers.join(' or ')}`);
    if (use.appendedAt < workload.notBefore) return refused('key_not_yet_valid', `the key is valid from ${iso(workload.notBefore)}, used at ${iso(use.appendedAt)}`);
    if (use.appendedAt >= workload.notAfter) return refused('key_expired', `the key was valid until ${iso(workload.notAfter)}, used at ${iso(use.appendedAt)}`);
    const revokedAt = this.revokedAt(kid);
    if (revokedAt !== undefined && use.appendedAt >= revokedAt) return refused('key_revoked', `the key was revoked at ${iso(revokedAt)}, used at ${iso(use.appendedAt)}`);
    // Asked here and not when the entry came, because the revocation of the key that vouched may be read later.
    const introducerRevokedAt = this.revokedAt(introduction.by);
    if (introducerRevokedAt !== undefined && introduction.appendedAt >= introducerRevokedAt) {
      return refused('key_revoked', `the key of identity that introduced this one was revoked at ${iso(introducerRevokedAt)}, before it did`);
    }
    return { state: 'good', workload };
  }

  /** Every key known, of all times. */
  *all(): IterableIterator<Workload> {
    for (const { workload } of this.entries.values()) yield workload;
  }

  /** Keys known, of all times. */
  get size(): number {
    return this.entries.size;
  }
}

const iso = (time: number): string => new Date(time).toISOString();

function workloadOf(change: WorkloadChanged & { readonly service: ServiceName }): Workload {
  let publicKey: KeyObject | undefined;
  return {
    kid: change.kid,
    spiffeId: change.spiffeId,
    service: change.service,
    publicJwk: change.jwk,
    // Imported on first use: after a month of rotation most keys in the table never sign anything again.
    get publicKey() {
      return (publicKey ??= importPublicJwk(change.jwk));
    },
    notBefore: Date.parse(change.notBefore),
    notAfter: Date.parse(change.notAfter),
    version: change.version,
  };
}
