// SPDX-License-Identifier: Apache-2.0
import type { Trigger } from './brains/brain.js';

/** What a model is to be asked about: kept with the run until it is answered, so that another process can ask again. */
export interface Question {
  /** The trigger as JSON text: its content has field names of any kind, which a database may not take. */
  readonly trigger: string;
  /** Verdict of the memory, so that the fallback concludes as it would have. */
  readonly verdict: unknown;
  /** Calls of the model that were begun, and tokens that they used. */
  readonly calls: number;
  readonly tokens: number;
}

export const triggerIn = (question: Question): Trigger => JSON.parse(question.trigger) as Trigger;
