// SPDX-License-Identifier: Apache-2.0
import type { ModelPrompt } from './prompt.js';

/** What a model wrote, as it wrote it. */
export interface ModelWords {
  readonly text: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** A model that can be asked. It has no tools, no memory and no say in what is done. */
export interface BrainModel {
  /** Adapter, model and settings. */
  readonly id: string;
  /**
   * Asks once, without retries.
   * @throws ModelUnavailable when there is no answer
   */
  ask(prompt: ModelPrompt, maxOutputTokens: number, abort: AbortSignal): Promise<ModelWords>;
}

/** The model gave no answer: away, overloaded, too slow, or it refused the request. */
export class ModelUnavailable extends Error {
  override readonly name = 'ModelUnavailable';
  readonly code = 'model_unavailable';
  readonly retryable = true;
}
