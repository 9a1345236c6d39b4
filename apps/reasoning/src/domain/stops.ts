// SPDX-License-Identifier: Apache-2.0
import type { StopChanged, Tier } from '@nervus/contracts';
import { type AgentTool, operationOf } from '@nervus/agent-manifest';

/** What this process knows of the stops, and how old that is. */
export interface StopView {
  /** Active stops of the tenant. */
  readonly active: readonly Pick<StopChanged, 'stopId' | 'scope' | 'epoch'>[];
  /** Milliseconds since the newest pulse was stored; infinite before the first. */
  readonly ageMs: number;
  /** From this age on tiers 2 and 3 are held. */
  readonly staleAfterMs: number;
}

/** Age from which tier 1 is held too. */
const tierOneStaleAfterMs = 60_000;

/** The stop that covers everything of an agent, or undefined. */
export const stopOfAgent = (view: StopView, agentName: string): StopView['active'][number] | undefined => view.active.find(({ scope }) => scope.kind === 'all' || (scope.kind === 'agent' && scope.name === agentName));

/** The stop of a tool (`slack.post`), or undefined. */
export const stopOfTool = (view: StopView, tool: string): StopView['active'][number] | undefined => view.active.find(({ scope }) => scope.kind === 'tool' && scope.name === tool);

/** Whether proposing something of this tier waits until the view of stops is fresh. Nothing is ended for staleness. */
export const isHeldAt = (view: StopView, tier: Tier): boolean => (tier >= 2 && view.ageMs > view.staleAfterMs) || (tier === 1 && view.ageMs > tierOneStaleAfterMs);

const floors = { read: 0, write: 1, message: 1, irreversible: 2, money: 2, privilege: 2 } as const;

/** The lowest tier that approval can give this action; it may give a higher one. */
export function lowestTier(tool: AgentTool['ref'], effect: keyof typeof floors, minTier: number): Tier {
  const floor = operationOf(tool)?.operation.tierFloor ?? 3;
  const tier = Math.max(floor, floors[effect], minTier);
  return tier >= 3 ? 3 : tier === 2 ? 2 : tier === 1 ? 1 : 0;
}

/** `slack.post` of `slack.post@1`. */
export const toolName = (reference: string): string => reference.split('@')[0] ?? reference;
