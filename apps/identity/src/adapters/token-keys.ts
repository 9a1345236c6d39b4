// SPDX-License-Identifier: Apache-2.0
import type { PublicJwk } from '@nervus/contracts';
import { ServiceClock } from '@nervus/service-kit';
import { maxAccessTokenSeconds, WorkloadKey } from '@nervus/trust';
import type { IdentityStores } from './stores.js';

/**
 * The key that signs access tokens in this process. Invariant: the public part is stored, and so served by every
 * replica, before the first token is signed; it stays until the last token has expired.
 */
export class TokenKeys {
  private current: { readonly key: WorkloadKey; readonly signsUntil: number } | undefined;
  private making: Promise<WorkloadKey> | undefined;

  constructor(
    private readonly stores: IdentityStores,
    private readonly clock: ServiceClock,
    private readonly keySeconds: number,
  ) {}

  /** The key in force; a new one when there is none or it is old. */
  signer(): Promise<WorkloadKey> {
    if (this.current && this.current.signsUntil > this.clock.now()) return Promise.resolve(this.current.key);
    this.making ??= this.make().finally(() => {
      this.making = undefined;
    });
    return this.making;
  }

  /** Public keys of all replicas whose tokens may still be good. */
  async published(): Promise<readonly (PublicJwk & { readonly kid: string; readonly use: 'sig'; readonly alg: 'ES256' })[]> {
    const now = this.clock.now();
    const keys = await this.stores.tokenKeys.findBy('published', true, 1000);
    return keys.filter(({ state }) => state.removeAt > now).map(({ id, state }) => ({ ...state.jwk, kid: id, use: 'sig', alg: 'ES256' }));
  }

  private async make(): Promise<WorkloadKey> {
    const key = WorkloadKey.generate();
    const signsUntil = this.clock.now() + this.keySeconds * 1000;
    await this.stores.tokenKeys.apply(key.kid, key.kid, () => ({ state: { jwk: key.publicJwk, published: true, removeAt: signsUntil + 2 * maxAccessTokenSeconds * 1000 }, events: [] }));
    this.current = { key, signsUntil };
    return key;
  }
}
