// SPDX-License-Identifier: Apache-2.0
import { StopChanged } from '@nervus/contracts';
import { Tables, VersionedTable } from '@nervus/messaging';
import { Injectable } from '@nestjs/common';
import { stopCovers, type Stoppable } from '@nervus/trust';

/**
 * The stops as they were published. A ruling that was made just before a stop was seen names the older epoch in its
 * permit, and the enforcers refuse it by that.
 */
@Injectable()
export class StopsView {
  private readonly stops = new VersionedTable<string, StopChanged>();
  private highest = 0;

  constructor(tables: Tables) {
    tables.on(
      StopChanged,
      (event) => {
        this.highest = Math.max(this.highest, event.data.epoch);
        this.stops.set(event.key, event.data.version, event.data);
      },
      (gone) => void this.stops.delete(gone.key),
    );
  }

  /** The epoch that permits name. */
  get epoch(): number {
    return this.highest;
  }

  isStopped(action: Stoppable): boolean {
    for (const stop of this.active()) if (stopCovers(stop, action)) return true;
    return false;
  }

  *active(): Generator<StopChanged> {
    for (const [, stop] of this.stops.entries()) if (stop.active) yield stop;
  }
}
