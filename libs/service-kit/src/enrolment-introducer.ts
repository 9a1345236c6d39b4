// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { EnrolmentRequested, rootId, topics } from '@nervus/contracts';
import type { OutgoingEvent } from '@nervus/messaging';
import { encryptJwe, signJws, type TrustBundle, type WorkloadKey } from '@nervus/trust';
import type { Introducer } from './key-keeper.js';
import type { OwnIdentity } from './own-identity.js';
import type { ServiceClock } from './service-clock.js';

/** Proof that the key in force wants the new one: what a renewal carries. */
export const renewalProfile = { typ: 'nervus-renewal+jws' } as const;

/** Who encrypts and for whom, in the evidence of an enrolment. */
export const evidenceContext = (kid: string): { apu: string; apv: string } => ({ apu: kid, apv: 'nervus-identity' });

/** Asks identity to enrol a key: evidence from the token file, readable by identity alone and bound to the key. */
export class EnrolmentIntroducer implements Introducer {
  constructor(
    private readonly identity: OwnIdentity,
    private readonly bundle: TrustBundle,
    private readonly tokenFile: string,
    private readonly clock: ServiceClock,
  ) {}

  async introduce(key: WorkloadKey, current: WorkloadKey | undefined): Promise<OutgoingEvent> {
    const token = (await readFile(this.tokenFile, 'utf8')).trim();
    const evidence = await encryptJwe(Buffer.from(JSON.stringify({ token, kid: key.kid })), this.bundle.enrolmentKey, evidenceContext(key.kid));
    const data: EnrolmentRequested = {
      kid: key.kid,
      jwk: key.publicJwk,
      service: this.identity.service,
      epoch: this.identity.epoch,
      evidence,
      ...(current && { renewal: signJws(current, renewalProfile, Buffer.from(key.kid)) }),
    };
    const id = rootId(this.clock.now());
    return { id, type: EnrolmentRequested.type, topic: topics.identity.enrolments.name, key: key.kid, subject: this.identity.service, time: this.clock.instant(), correlationId: id, hops: 0, extensions: {}, value: JSON.stringify(data) };
  }
}
