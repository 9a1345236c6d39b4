// SPDX-License-Identifier: Apache-2.0
import type { SourceOf } from '@nervus/sources';
import { isFreeFor, type Lease } from './lease.js';

/** How far the ticks of a schedule were fired. */
export interface ScheduleCursor {
  /** Expression and zone; others are another schedule, which begins anew. */
  readonly schedule: string;
  /** Milliseconds since the epoch up to which every tick was fired or left out. */
  readonly firedTo: number;
  readonly lease?: Lease;
}

/** Longer than the ticks of one look can take. */
const leaseMs = 20_000;

export const scheduleOf = ({ spec: { config } }: SourceOf<'schedule'>): string => `${config.cron} ${config.timeZone}`;

/** Takes the schedule to fire what is due; `unchanged` when another process has it. A new or changed one begins now. */
export function claimSchedule(current: ScheduleCursor | undefined, schedule: string, holder: string, now: number): ScheduleCursor | 'unchanged' {
  const lease = { holder, until: now + leaseMs };
  if (current?.schedule !== schedule) return { schedule, firedTo: now, lease };
  return isFreeFor(holder, current.lease, now) ? { ...current, lease } : 'unchanged';
}

/** Every tick up to an instant was acknowledged: others may go on from there; `unchanged` when another process took over. */
export function settleSchedule(current: ScheduleCursor | undefined, holder: string, firedTo: number): ScheduleCursor | 'unchanged' {
  if (current?.lease?.holder !== holder) return 'unchanged';
  return { schedule: current.schedule, firedTo: Math.max(current.firedTo, firedTo) };
}
