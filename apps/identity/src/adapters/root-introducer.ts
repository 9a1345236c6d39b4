// SPDX-License-Identifier: Apache-2.0
import { rootId, topics, WorkloadChanged } from '@nervus/contracts';
import type { OutgoingEvent } from '@nervus/messaging';
import type { Introducer, OwnIdentity, ServiceClock } from '@nervus/service-kit';
import { issueRootProof, type WorkloadKey } from '@nervus/trust';

/** The clocks of broker and services differ a little. */
const backdatedMs = 60_000;

/** identity makes its own keys known: no one enrols it, the pinned root vouches for each of its keys. */
export class RootIntroducer implements Introducer {
  constructor(
    private readonly identity: OwnIdentity,
    private readonly root: WorkloadKey,
    private readonly keySeconds: number,
    private readonly clock: ServiceClock,
  ) {}

  introduce(key: WorkloadKey): Promise<OutgoingEvent> {
    const proved = {
      kid: key.kid,
      spiffeId: this.identity.spiffeId,
      service: 'identity',
      jwk: key.publicJwk,
      notBefore: this.clock.instant(-backdatedMs),
      notAfter: this.clock.instant(this.keySeconds * 1000),
    } as const;
    const data: WorkloadChanged = { ...proved, attestation: { kind: 'root', rule: 'pinned-root', subject: 'identity' }, version: 1, rootProof: issueRootProof(proved, this.root) };
    const id = rootId(this.clock.now());
    return Promise.resolve({ id, type: WorkloadChanged.type, topic: topics.identity.workloads.name, key: key.kid, subject: 'identity', time: this.clock.instant(), correlationId: id, hops: 0, extensions: {}, value: JSON.stringify(data) });
  }
}
