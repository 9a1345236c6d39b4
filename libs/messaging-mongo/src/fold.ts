// SPDX-License-Identifier: Apache-2.0
import type { Applied, Decision, OutgoingEvent } from '@nervus/messaging';
import type { StoredDocument } from './document.js';

/** One event that wants to be applied to an aggregate. */
export interface Application<S extends object> {
  readonly eventId: string;
  readonly decide: (current: S | undefined) => Decision<S>;
}

export type Result<S> = { readonly applied: Applied<S> } | { readonly error: unknown };

/** What several applications, one after the other, make of one document. */
export interface Folded<S extends object> {
  /** In the order of the applications. */
  readonly results: readonly Result<S>[];
  /** Undefined when nothing is to be written. */
  readonly next?: { readonly version: number; readonly state: S; readonly applied: readonly string[]; readonly events: readonly OutgoingEvent[] };
}

/**
 * Folds applications in order into at most one write. An event that was applied before changes nothing, an application
 * whose `decide` throws fails alone, and the next one sees the state that the last good one left.
 */
export function fold<S extends object>(current: StoredDocument<S> | undefined, applications: readonly Application<S>[], maxApplied: number): Folded<S> {
  const seen = new Set(current?.applied);
  const version = (current?.version ?? 0) + 1;
  const events: OutgoingEvent[] = [];
  let state = current?.state;
  let changed = false;
  const steps = applications.map(({ eventId, decide }): { outcome: Applied<S>['outcome']; state: S | undefined } | { error: unknown } => {
    if (seen.has(eventId)) return { outcome: 'duplicate', state };
    let decision: Decision<S>;
    try {
      decision = decide(state);
    } catch (error) {
      return { error };
    }
    if (decision === 'unchanged') return { outcome: 'unchanged', state };
    seen.add(eventId);
    changed = true;
    ({ state } = decision);
    events.push(...decision.events);
    return { outcome: 'applied', state };
  });
  const written = changed && state !== undefined;
  const results = steps.map((step): Result<S> => ('error' in step ? step : { applied: { ...step, version: written ? version : version - 1 } }));
  return written ? { results, next: { version, state: state!, applied: [...seen].slice(-maxApplied), events } } : { results };
}
