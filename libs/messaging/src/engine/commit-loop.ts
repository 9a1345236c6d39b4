// SPDX-License-Identifier: Apache-2.0
import { within } from '../bounded.js';
import type { Clock } from '../clock.js';
import { asError } from '../errors.js';
import type { CommitRequest } from '../port.js';

export interface CommitLoopOptions {
  readonly clock: Clock;
  /** Milliseconds from the first thing to commit to the commit, so that many share one request. */
  readonly everyMs: number;
  /** Milliseconds that one request may take. */
  readonly timeoutMs: number;
  /** Milliseconds without a successful commit, while there is something to commit, that end the process. */
  readonly giveUpMs: number;
  /** Everything that is finished and not committed, asked when the request is made. */
  collect(): readonly CommitRequest[];
  commit(requests: readonly CommitRequest[]): Promise<void>;
  committed(requests: readonly CommitRequest[]): void;
  failed(error: Error): void;
  onFatal(error: Error): void;
}

/**
 * Commits of all partitions, coalesced.
 *
 * Invariant: one request at a time, so a commit never overtakes a newer one. What failed is still uncommitted and so
 * is collected again by the next request.
 */
export class CommitLoop {
  private cancelTimer: (() => void) | undefined;
  private running: Promise<void> | undefined;
  private failingSince: number | undefined;
  private stopped = false;

  constructor(private readonly options: CommitLoopOptions) {}

  /** There is something to commit: it will be, within the interval. */
  nudge(): void {
    if (this.cancelTimer || this.running || this.stopped) return;
    this.cancelTimer = this.options.clock.after(this.options.everyMs, () => {
      this.cancelTimer = undefined;
      void this.flush();
    });
  }

  /** Commits what is finished now. Never rejects; a failure is told and tried again in the next interval. */
  async flush(): Promise<void> {
    if (this.running) await this.running;
    this.running ??= this.once().finally(() => {
      this.running = undefined;
      if (this.options.collect().length > 0) this.nudge();
    });
    await this.running;
  }

  /** No further commit by timer. */
  stop(): void {
    this.stopped = true;
    this.cancelTimer?.();
    this.cancelTimer = undefined;
  }

  private async once(): Promise<void> {
    const { clock, timeoutMs, giveUpMs } = this.options;
    const requests = this.options.collect();
    if (requests.length === 0) return;
    try {
      await within(this.options.commit(requests), timeoutMs, clock, 'the commit');
      this.failingSince = undefined;
      this.options.committed(requests);
    } catch (thrown) {
      const error = asError(thrown);
      this.failingSince ??= clock.now();
      this.options.failed(error);
      if (clock.now() - this.failingSince >= giveUpMs) this.options.onFatal(new Error(`offsets could not be committed for ${giveUpMs} ms: ${error.message}`, { cause: error }));
    }
  }
}
