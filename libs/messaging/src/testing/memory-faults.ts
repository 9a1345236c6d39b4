// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../clock.js';
import { pause } from '../bounded.js';
import { ProducerError } from '../port.js';

/** What can be made to go wrong, for tests. Each fault is used up by the calls that it names. */
export class MemoryFaults {
  /** False while the broker is "down": sends and commits fail, nothing is fetched. */
  reachable = true;
  /** Milliseconds that each acknowledgement of a send takes. */
  sendDelayMs = 0;
  private sends: { readonly error: Error; readonly written: boolean }[] = [];
  private commits: Error[] = [];

  constructor(private readonly clock: Clock) {}

  /**
   * The next send fails.
   * @param written true: the records are written all the same and only the acknowledgement is lost
   */
  failNextSend(error: Error = new ProducerError('the connection was closed', 'CONNECTION_CLOSED', true), written = false): void {
    this.sends.push({ error, written });
  }

  failNextCommit(error: Error = new Error('the coordinator is loading')): void {
    this.commits.push(error);
  }

  /** @internal */
  async beforeSend(write: () => void): Promise<void> {
    if (!this.reachable) throw new ProducerError('no broker can be reached', 'BROKER_NOT_AVAILABLE', true);
    const fault = this.sends.shift();
    if (fault && !fault.written) throw fault.error;
    write();
    if (this.sendDelayMs > 0) await pause(this.sendDelayMs, this.clock);
    if (fault) throw fault.error;
  }

  /** @internal */
  async beforeCommit(): Promise<void> {
    if (!this.reachable) throw new Error('no broker can be reached');
    const error = this.commits.shift();
    if (error) throw error;
  }
}
