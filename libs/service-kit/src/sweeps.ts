// SPDX-License-Identifier: Apache-2.0
import type { Logger } from 'pino';
import type { ServiceClock } from './service-clock.js';

interface Sweep {
  readonly name: string;
  readonly everyMs: number;
  readonly run: () => Promise<void>;
  cancel?: () => void;
  running?: Promise<void>;
  ended?: true;
}

/**
 * Work that comes back by time and not by a record. One run of a sweep is over before its next begins; a failed run is
 * logged and the next one tries again. Sweeps begin when the service is ready and end first when it stops.
 */
export class Sweeps {
  private readonly sweeps = new Set<Sweep>();
  private state: 'waiting' | 'running' | 'stopped' = 'waiting';

  constructor(
    private readonly clock: ServiceClock,
    private readonly logger: Logger,
  ) {}

  /**
   * Declares a sweep; it first runs `everyMs` after the service is ready.
   * @returns what ends it: a run that has begun goes on to its end, and none begins afterwards
   */
  every(name: string, everyMs: number, run: () => Promise<void>): () => void {
    const sweep: Sweep = { name, everyMs, run };
    this.sweeps.add(sweep);
    if (this.state === 'running') this.schedule(sweep);
    return () => {
      sweep.ended = true;
      sweep.cancel?.();
      if (!sweep.running) this.sweeps.delete(sweep);
    };
  }

  start(): void {
    this.state = 'running';
    for (const sweep of this.sweeps) this.schedule(sweep);
  }

  /** Resolves when no sweep is running any more. */
  async stop(): Promise<void> {
    this.state = 'stopped';
    for (const sweep of this.sweeps) sweep.cancel?.();
    await Promise.all([...this.sweeps].map((sweep) => sweep.running ?? Promise.resolve()));
  }

  private schedule(sweep: Sweep): void {
    if (sweep.ended) this.sweeps.delete(sweep);
    if (this.state !== 'running' || sweep.ended) return;
    sweep.cancel = this.clock.after(sweep.everyMs, () => {
      sweep.running = this.once(sweep);
    });
  }

  private async once(sweep: Sweep): Promise<void> {
    try {
      await sweep.run();
    } catch (error) {
      this.logger.error({ err: error, code: 'sweep_failed', sweep: sweep.name }, 'a sweep failed and will run again');
    }
    delete sweep.running;
    this.schedule(sweep);
  }
}
