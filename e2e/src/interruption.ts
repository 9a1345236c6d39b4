// SPDX-License-Identifier: Apache-2.0

/** Ctrl-C, or a supervisor's word: work is given up, and what was started is stopped as at its end. */
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
    const { signal } = this;
    signal.throwIfAborted();
    return Promise.race([work(), new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }))]);
  }
}
