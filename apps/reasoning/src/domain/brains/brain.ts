// SPDX-License-Identifier: Apache-2.0
import type { IntelligenceProduced, Label } from '@nervus/contracts';

/** What starts a run, as brains see it. */
export interface Trigger {
  /** Id of the signal. */
  readonly eventId: string;
  readonly tenant: string;
  readonly kind: string;
  readonly source: string;
  readonly subject: string;
  /** Type that the event had outside. */
  readonly type: string;
  readonly content: unknown;
  readonly labels: Readonly<Record<string, Label>>;
  /** When the broker took the signal, in milliseconds since the epoch: the same at every redelivery. */
  readonly at: number;
  readonly replay: boolean;
}

/** A statement with the places that support it; places are JSON Pointers into the trigger's content. */
export interface Statement {
  readonly text: string;
  readonly places: readonly string[];
}

/** A value that `{from: name}` in a rules file can name, with what it was made from: pointers into the content. */
export interface Result {
  readonly value: unknown;
  readonly places: readonly string[];
}

/** What a brain made of one trigger. */
export interface Conclusion {
  readonly kind: IntelligenceProduced['kind'];
  readonly subject: string;
  readonly title: string;
  /** 0 to 100. */
  readonly severity: number;
  readonly statements: readonly Statement[];
  readonly data: Readonly<Record<string, unknown>>;
  readonly results: Readonly<Record<string, Result>>;
  /** 0 to 1. */
  readonly confidence: number;
  /** What speaks against acting on it. */
  readonly against: readonly Statement[];
  /** False keeps it out of the intelligence topic: nothing new to tell. */
  readonly publish: boolean;
  /** False keeps it from proposing anything, however severe: it was proposed before. */
  readonly propose: boolean;
  /** For the journal; no text of the outside. */
  readonly summary: string;
}

/** Nothing to conclude, and why; for the journal. */
export interface Nothing {
  readonly nothing: string;
}

/**
 * What a brain remembers between triggers: one small document per agent and key, changed by compare-and-set. The verdict
 * on a trigger is kept with it, so that a redelivered trigger gets the same one.
 */
export interface Memory {
  /** Names the document inside the agent's memory. */
  readonly key: string;
  /** Pure. @param state as this function returned it before; undefined at first */
  observe(state: unknown): { readonly state: object; readonly verdict: unknown };
}

/** A trigger, read: what must be remembered of it, and what follows once that is done. */
export interface Reading {
  readonly memory?: Memory;
  /** @param verdict what `memory.observe` gave; undefined where there is no memory */
  conclude(verdict: unknown): Conclusion | Nothing;
}

/** A deterministic brain: the same trigger and the same memory give the same conclusion. */
export interface RulesBrain {
  readonly kind: string;
  read(trigger: Trigger): Reading;
}
