// SPDX-License-Identifier: Apache-2.0
import { orAborted } from './waiting.js';

/** Ctrl-C, or a supervisor's word: work is given up, and what was started or disturbed is put right as at its end. */
export class Interruption {
  private readonly controller = new AbortController();

  constructor() {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => this.controller.abort(new Error(`interrupted by ${signal}`)));
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** What the work comes to. @throws Error when a signal comes first; the work itself is not waited for then */
  async orWork<T>(work: () => Promise<T>): Promise<T> {
    this.signal.throwIfAborted();
    return orAborted(work(), this.signal);
  }
}
