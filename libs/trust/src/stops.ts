// SPDX-License-Identifier: Apache-2.0
import type { ExactAction, StopChanged } from '@nervus/contracts';
import { digestOf } from './digest.js';

/** The parts of an action that a stop can match. */
export type Stoppable = Pick<ExactAction, 'tenant' | 'agent' | 'tool' | 'operation'>;

/** Whether a stop is about this action. approval, which permits, and action, which does, must say the same. */
export function stopCovers({ tenant, scope }: Pick<StopChanged, 'tenant' | 'scope'>, action: Stoppable): boolean {
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

/**
 * What a pulse says of the active stops: base64url(SHA-256) over the JCS form of `[{stopId, epoch}]`, by stop id.
 * @param stops lifted ones among them (`active` false) do not count
 */
export const hashOfActiveStops = (stops: Iterable<Pick<StopChanged, 'stopId' | 'epoch'> & { readonly active?: boolean }>): string =>
  digestOf([...stops].filter(({ active = true }) => active).map(({ stopId, epoch }) => ({ stopId, epoch })).toSorted((a, b) => (a.stopId < b.stopId ? -1 : 1)));
