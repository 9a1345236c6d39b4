// SPDX-License-Identifier: Apache-2.0
import { PulseBeaten, rootId } from '@nervus/contracts';
import { Events, ServiceClock, Sweeps } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import { hashOfActiveStops } from '@nervus/trust';
import { ApprovalStores, installation } from '../adapters/approval-stores.js';
import { noStops } from '../domain/stops.js';

const everyMs = 2000;

/**
 * Says every two seconds which stops and which policy set are in force, so that enforcers know how old their view is.
 * It reads the documents themselves: a pulse from a view that has fallen behind would call an old view new.
 */
@Injectable()
export class BeatPulse {
  constructor(
    private readonly stores: ApprovalStores,
    private readonly events: Events,
    private readonly clock: ServiceClock,
    sweeps: Sweeps,
  ) {
    sweeps.every('beat-pulse', everyMs, () => this.beat());
  }

  async beat(): Promise<void> {
    const [stops, activation] = await Promise.all([this.stores.stops.read(installation), this.stores.activation.read(installation)]);
    if (!activation) return;
    const { epoch, active } = stops?.state ?? noStops;
    const data: PulseBeaten = { epoch, stopsHash: hashOfActiveStops(active), policyVersion: activation.state.version, at: this.clock.instant() };
    await this.events.publish([this.events.of(PulseBeaten, { key: 'pulse', id: rootId(this.clock.now()), data })]);
  }
}
