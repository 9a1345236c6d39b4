// SPDX-License-Identifier: Apache-2.0
import type { RevocationIssued } from '@nervus/contracts';

/** What a revocation is about, as `identity.revocations` names it. */
export type RevokedSubject = `workload:${string}` | `permit:${string}` | `token:${string}` | `agent:${string}`;

/** The table of `identity.revocations`: fed with records that were verified, in any order. */
export class Revocations {
  private readonly bySubject = new Map<string, RevocationIssued>();

  /** Takes a revocation in; false when a newer version of it is known. */
  apply(revocation: RevocationIssued): boolean {
    const known = this.bySubject.get(revocation.subject);
    if (known && known.version >= revocation.version) return false;
    this.bySubject.set(revocation.subject, revocation);
    return true;
  }

  /** A tombstone: whatever was revoked has expired. */
  remove(subject: string): void {
    this.bySubject.delete(subject);
  }

  /** Since when the subject is not to be trusted, milliseconds since the epoch; undefined while it is. */
  revokedAt(subject: RevokedSubject): number | undefined {
    const revocation = this.bySubject.get(subject);
    return revocation && Date.parse(revocation.at);
  }

  get size(): number {
    return this.bySubject.size;
  }
}
