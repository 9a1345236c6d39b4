// SPDX-License-Identifier: Apache-2.0
import type { ExactAction, StopChanged } from '@nervus/contracts';
import { digestOf, type Permit } from '@nervus/trust';

/** The parts of an action that a stop can match. */
export type Stoppable = Pick<ExactAction, 'tenant' | 'agent' | 'tool' | 'operation'>;

function covers({ tenant, scope }: Pick<StopChanged, 'tenant' | 'scope'>, action: Stoppable): boolean {
  if (tenant !== action.tenant) return false;
  switch (scope.kind) {
    case 'all':
      return true;
    case 'agent':
      return scope.name === action.agent.name;
    case 'tool':
      return scope.name === `${action.tool}.${action.operation}`;
  }
}

/** The stop that forbids this action: an active one, or one that was thrown and lifted after the permit was issued. */
export const stopAgainst = (stops: Iterable<StopChanged>, action: Stoppable, { stp }: Pick<Permit, 'stp'>): StopChanged | undefined =>
  [...stops].find((stop) => covers(stop, action) && (stop.active || stop.epoch > stp));

/** What a pulse carries: base64url(SHA-256) over the JCS form of the active stops, `[{stopId, epoch}]` by stop id. */
export const hashOfActiveStops = (stops: Iterable<StopChanged>): string =>
  digestOf([...stops].filter((stop) => stop.active).map(({ stopId, epoch }) => ({ stopId, epoch })).toSorted((a, b) => (a.stopId < b.stopId ? -1 : 1)));
