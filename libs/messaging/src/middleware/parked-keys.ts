// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../clock.js';
import type { Lease } from '../engine/lease.js';
import type { KeyParking, ParkedPlace } from '../parking.js';
import { untilDone } from './copy.js';

/**
 * Which keys of a partition are parked, as far as its owner knows: only the owner parks a key of it, so what it loaded
 * when the partition became its own, and what it parked since, is all there can be. Others let keys go: a key that
 * stands here is asked for.
 */
export class ParkedKeys {
  private readonly known = new WeakMap<Lease, ReadonlySet<string> | undefined>();
  private readonly loading = new WeakMap<Lease, Promise<ReadonlySet<string> | undefined>>();

  constructor(
    private readonly parking: Pick<KeyParking, 'parkedKeys'>,
    private readonly clock: Clock,
  ) {}

  /**
   * False when the key is certainly not parked. No promise once the partition is known, since every record asks.
   * @throws LeaseRevokedError when the partition goes away before it is known
   */
  mayBeParked(lease: Lease, place: ParkedPlace): boolean | Promise<boolean> {
    if (this.known.has(lease)) return contains(this.known.get(lease), place.key);
    return this.load(lease, place).then((keys) => contains(keys, place.key));
  }

  parked(lease: Lease, key: string): void {
    const keys = this.known.get(lease);
    if (keys) this.known.set(lease, new Set([...keys, key]));
  }

  free(lease: Lease, key: string): void {
    const keys = this.known.get(lease);
    if (keys?.has(key)) this.known.set(lease, new Set([...keys].filter((one) => one !== key)));
  }

  private load(lease: Lease, { topic, partition }: ParkedPlace): Promise<ReadonlySet<string> | undefined> {
    let loading = this.loading.get(lease);
    if (!loading) {
      loading = untilDone(() => this.parking.parkedKeys(topic, partition), lease, this.clock).then((keys) => {
        this.known.set(lease, keys);
        return keys;
      });
      this.loading.set(lease, loading);
    }
    return loading;
  }
}

const contains = (keys: ReadonlySet<string> | undefined, key: string): boolean => keys === undefined || keys.has(key);
