// SPDX-License-Identifier: Apache-2.0
// Invariant: the cursor of a schedule advances only after every tick up to it was acknowledged by Kafka or left out by the
// misfire rule, and only by the process that holds the lease. Whoever fires a tick twice makes the same event, which is
// recognised.
import { rootId } from '@nervus/contracts';
import { asError } from '@nervus/messaging';
import { OwnIdentity, ServiceClock, ServiceLogger, Sweeps } from '@nervus/service-kit';
import { dueTicks, nextFire, sourceKey, type SourceOf, tickEvent } from '@nervus/sources';
import { Injectable } from '@nestjs/common';
import { IngestionMetrics } from '../adapters/ingestion-metrics.js';
import { IngestionStores } from '../adapters/ingestion-stores.js';
import { claimSchedule, type ScheduleCursor, scheduleOf, settleSchedule } from '../domain/schedule-cursor.js';
import { Sources } from '../domain/sources.js';
import { AcceptItems } from './accept-items.js';

const lookEveryMs = 250;
const acknowledgeMs = 8_000;
/** Another process fires it now, or the database is away. */
const lookAgainMs = 1_000;

/** What this process knows of a schedule between two looks, so that it asks the database only when something is due. */
interface Known {
  /** Milliseconds since the epoch. */
  lookAt: number;
  failing: boolean;
}

/** Schedules are fired when they are due, each tick once, whichever process comes first. */
@Injectable()
export class FireSchedules {
  constructor(
    sources: Sources,
    sweeps: Sweeps,
    private readonly stores: IngestionStores,
    private readonly acceptItems: AcceptItems,
    private readonly identity: OwnIdentity,
    private readonly clock: ServiceClock,
    private readonly metrics: IngestionMetrics,
    private readonly logger: ServiceLogger,
  ) {
    sources.follow('schedule', (source) => {
      const known: Known = { lookAt: 0, failing: false };
      return sweeps.every(`fire-${sourceKey(source)}`, lookEveryMs, () => this.fireIfDue(source, known));
    });
  }

  /** One look at a schedule: fires what is due, when no other process does. */
  async fireIfDue(source: SourceOf<'schedule'>, known: Known): Promise<void> {
    const now = this.clock.now();
    if (known.lookAt > now) return;
    try {
      known.lookAt = (await this.fire(source, now)) ? (nextFire(source.spec.config, now) ?? Number.POSITIVE_INFINITY) : now + lookAgainMs;
      if (known.failing) this.logger.info({ source: source.name, tenant: source.tenant }, 'the schedule fires again');
      known.failing = false;
    } catch (error) {
      // Told once until it works again.
      if (!known.failing) this.logger.warn({ err: error, code: 'schedule_blocked', source: source.name, tenant: source.tenant, reason: asError(error).message }, 'the schedule cannot be fired now; what is missed meanwhile is treated by its misfire rule');
      known.failing = true;
      known.lookAt = now + lookAgainMs;
    }
  }

  /** @returns false when another process has it */
  private async fire(source: SourceOf<'schedule'>, now: number): Promise<boolean> {
    const holder = this.identity.epoch;
    const cursor = await this.apply(source, (current) => claimSchedule(current, scheduleOf(source), holder, now));
    if (cursor?.lease?.holder !== holder) return false;
    const { fire, missed } = dueTicks(source.spec.config, cursor.firedTo, now);
    await this.acceptItems.accept(source, fire.map((time) => tickEvent(source, time)), acknowledgeMs);
    await this.apply(source, (current) => settleSchedule(current, holder, now));
    if (missed > 0) {
      this.metrics.missed(source.name, missed);
      this.logger.warn({ code: 'ticks_missed', source: source.name, tenant: source.tenant, missed, misfire: source.spec.config.misfire, since: new Date(cursor.firedTo).toISOString() }, 'ticks were missed and are left out');
    }
    return true;
  }

  private async apply(source: SourceOf<'schedule'>, change: (current: ScheduleCursor | undefined) => ScheduleCursor | 'unchanged'): Promise<ScheduleCursor | undefined> {
    const applied = await this.stores.schedules.apply(sourceKey(source), rootId(this.clock.now()), (current) => {
      const state = change(current);
      return state === 'unchanged' ? state : { state, events: [] };
    });
    return applied.state;
  }
}
