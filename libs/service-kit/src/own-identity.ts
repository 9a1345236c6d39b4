// SPDX-License-Identifier: Apache-2.0
import type { ServiceName } from '@nervus/contracts';
import type { SigningKey } from '@nervus/messaging';
import type { WorkloadKey } from '@nervus/trust';

/** A key that the mesh knows, and until when it may sign. */
interface KnownKey {
  readonly key: WorkloadKey;
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
}

/** Who this process is: its service, and the workload key that the mesh knows right now. Keys rotate: ask each time. */
export class OwnIdentity {
  private known: KnownKey | undefined;

  constructor(
    readonly service: ServiceName,
    readonly trustDomain: string,
    /** UUIDv7 of this process, in which its audited records are numbered. */
    readonly epoch: string,
  ) {}

  get spiffeId(): string {
    return `spiffe://${this.trustDomain}/service/${this.service}`;
  }

  /** @throws Error before the process is enrolled */
  get key(): WorkloadKey {
    if (!this.known) throw new Error('this process is not enrolled yet: nothing can be signed');
    return this.known.key;
  }

  /** The key for the publisher; undefined while there is none. */
  get signingKey(): SigningKey | undefined {
    return this.known && { signer: this.known.key, notAfter: this.known.notAfter };
  }

  /** The mesh knows this key from now on. */
  adopt(key: WorkloadKey, notAfter: number): void {
    this.known = { key, notAfter };
  }
}
