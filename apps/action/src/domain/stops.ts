// SPDX-License-Identifier: Apache-2.0
import type { StopChanged } from '@nervus/contracts';
import { type Permit, stopCovers, type Stoppable } from '@nervus/trust';

/** The stop that forbids this action: an active one, or one that was thrown and lifted after the permit was issued. */
export const stopAgainst = (stops: Iterable<StopChanged>, action: Stoppable, { stp }: Pick<Permit, 'stp'>): StopChanged | undefined =>
  [...stops].find((stop) => stopCovers(stop, action) && (stop.active || stop.epoch > stp));
