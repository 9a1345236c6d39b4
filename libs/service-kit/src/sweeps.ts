// SPDX-License-Identifier: Apache-2.0
import type { Logger } from 'pino';
import type { ServiceClock } from './service-clock.js';

interface Sweep {
  readonly name: string;
  readonly everyMs: number;
  readonly run: () => Promise<void>;
  cancel?: () => void;
  running?: Promise<void>;
}

/**
 * Work that comes back by time and not by a record. One run of a sweep is over before its next begins; a failed run is
 * logged and the next one tries again. Sweeps begin when the service is ready and end first when it stops.
 */
export class Sweeps {
  private readonly sweeps: Sweep[] = [];
  private state: 'waiting' | 'running' | 'stopped' = 'waiting';

  constructor(
    private readonly clock: ServiceClock,
    private readonly logger: Logger,
  ) {}

  /** Declares a sweep; it first runs `everyMs` after the service is ready. */
  every(name: string, everyMs: number, run: () => Promise<void>): void {
    const sweep: Sweep = { name, everyMs, run };
    this.sweeps.push(sweep);
    if (this.state === 'running') this.schedule(sweep);
  }

  start(): void {
    this.state = 'running';
    for (const sweep of this.sweeps) this.schedule(sweep);
  }

  /** Resolves when no sweep is running any more. */
  async stop(): Promise<void> {
    this.state = 'stopped';
    for (const sweep of this.sweeps) sweep.cancel?.();
    await Promise.all(this.sweeps.map((sweep) => sweep.running ?? Promise.resolve()));
  }

  private schedule(sweep: Sweep): void {
    if (this.state !== 'running') return;
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
    this.schedule(sweep);
  }
}
