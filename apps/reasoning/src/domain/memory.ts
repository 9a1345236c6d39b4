// SPDX-License-Identifier: Apache-2.0
import { base64url, sha256 } from '@nervus/trust';
import type { Memory, Trigger } from './brains/brain.js';

/** One document of an agent's memory, with the verdicts on the signals that changed it last. */
export interface MemoryState {
  /** When the newest signal came that it has seen, milliseconds. */
  readonly at: number;
  readonly state: object;
  readonly verdicts: readonly { readonly eventId: string; readonly verdict: unknown }[];
}

/** Redeliveries come within what a process had in hand, so a few suffice. */
const mostVerdicts = 24;

/** Id of a memory's document; the key may be any text. */
export const memoryId = (tenant: string, agentName: string, key: string): string => `${tenant}/${agentName}/${base64url(sha256(key)).slice(0, 22)}`;

/** Observes a signal once: told again, it changes nothing. */
export function remember(known: MemoryState | undefined, memory: Memory, { eventId, at }: Pick<Trigger, 'eventId' | 'at'>): MemoryState {
  if (known?.verdicts.some((one) => one.eventId === eventId)) return known;
  const { state, verdict } = memory.observe(known?.state);
  return { at: Math.max(at, known?.at ?? 0), state, verdicts: [...(known?.verdicts ?? []), { eventId, verdict }].slice(-mostVerdicts) };
}

/**
 * The verdict on a signal: the one that was given when it was first observed. Where that is no longer kept, no run was
 * begun with it, and what is known now decides.
 */
export function verdictOn(known: MemoryState | undefined, memory: Memory, eventId: string): unknown {
  const kept = known?.verdicts.find((one) => one.eventId === eventId);
  return kept ? kept.verdict : memory.observe(known?.state).verdict;
}
