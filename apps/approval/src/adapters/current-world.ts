// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { UnavailableError } from '@nervus/messaging';
import { issuePermit, permitSkewMs, type Stoppable, WorkloadDirectory, type WorkloadKey } from '@nervus/trust';
import { OwnIdentity, ServiceClock } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import type { World } from '../domain/action-state.js';
import type { PermitIssuer } from '../domain/decision.js';
import { ActivePolicies } from './active-policies.js';
import { AgentsView } from './agents-view.js';
import { StopsView } from './stops-view.js';

/** How long permits may live. */
export class PermitLives {
  constructor(readonly seconds: number) {}
}

/** Everything a ruling depends on, as it is right now. */
@Injectable()
export class CurrentWorld {
  private readonly issuer: PermitIssuer;

  constructor(
    private readonly policies: ActivePolicies,
    private readonly agents: AgentsView,
    private readonly stops: StopsView,
    private readonly clock: ServiceClock,
    private readonly identity: OwnIdentity,
    private readonly directory: WorkloadDirectory,
    lives: PermitLives,
  ) {
    this.issuer = { spiffeId: identity.spiffeId, trustDomain: identity.trustDomain, permitSeconds: lives.seconds, issue: (claims) => issuePermit(claims, this.signer()) };
  }

  /** @throws UnavailableError while the policies or this record of the agent were not seen yet */
  of(action: Stoppable, agentRecordVersion: number): World {
    return {
      set: this.policies.current,
      agent: this.agents.get(action.tenant, action.agent.name, agentRecordVersion),
      stopped: this.stops.isStopped(action),
      stopEpoch: this.stops.epoch,
      now: this.clock.now(),
      issuer: this.issuer,
      draw: { nonce: random(), salt: random() },
    };
  }

  // Asked for at each permit, because keys rotate. A permit dated outside of its key's life would be good for nobody.
  private signer(): WorkloadKey {
    const key = this.identity.signingKey;
    if (!key || key.notAfter <= this.clock.now()) throw new UnavailableError('signing_key_ended', 'the workload key has ended and no new one is known: rulings wait for identity');
    const began = this.directory.find(key.signer.kid)?.notBefore ?? -Infinity;
    if (this.clock.now() + permitSkewMs < began) throw new UnavailableError('signing_key_not_begun', `the workload key is good from ${new Date(began).toISOString()}, and the clock of this process says that this is still to come: rulings wait until it is right`);
    return this.identity.key;
  }
}

/** 128 random bits. */
const random = (): string => randomBytes(16).toString('base64url');
