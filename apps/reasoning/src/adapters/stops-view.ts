// SPDX-License-Identifier: Apache-2.0
import { PulseBeaten, StopChanged } from '@nervus/contracts';
import { Tables, VersionedTable } from '@nervus/messaging';
import { ServiceClock } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import type { StopView } from '../domain/stops.js';

/** How long this view may be old before tiers 2 and 3 are held; from the configuration. */
export class Staleness {
  constructor(readonly afterMs: number) {}
}

/** The stops, and how old the view of them is. */
@Injectable()
export class StopsView {
  private readonly stops = new VersionedTable<string, StopChanged>();
  private epoch = 0;
  /** When the broker took the newest pulse that this view is not behind. */
  private freshAt = Number.NEGATIVE_INFINITY;
  private pulse: { readonly epoch: number; readonly appendedAt: number } | undefined;

  constructor(
    private readonly clock: ServiceClock,
    private readonly staleness: Staleness,
    tables: Tables,
  ) {
    tables.on(
      StopChanged,
      ({ key, data }) => {
        this.epoch = Math.max(this.epoch, data.epoch);
        this.stops.set(key, data.version, data);
        this.judge();
      },
      ({ key }) => void this.stops.delete(key),
    );
    tables.on(PulseBeaten, ({ data, origin }) => {
      if (origin.appendedAt < (this.pulse?.appendedAt ?? 0)) return;
      this.pulse = { epoch: data.epoch, appendedAt: origin.appendedAt };
      this.judge();
    });
  }

  of(tenant: string): StopView {
    const active = [...this.stops.entries()].map(([, stop]) => stop).filter((stop) => stop.active && stop.tenant === tenant);
    return { active, ageMs: Math.max(0, this.clock.now() - this.freshAt), staleAfterMs: this.staleness.afterMs };
  }

  /** A pulse that knows a stop which has not arrived here does not make the view fresh. */
  private judge(): void {
    if (this.pulse && this.epoch >= this.pulse.epoch) this.freshAt = Math.max(this.freshAt, this.pulse.appendedAt);
  }
}
