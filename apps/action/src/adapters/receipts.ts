// SPDX-License-Identifier: Apache-2.0
import { IntentReceipted } from '@nervus/contracts';
import { type Clock, pause, type Tables } from '@nervus/messaging';

/** Receipts remembered; at 250 a second this is more than three minutes. */
const mostRemembered = 50_000;
/** How long one waits while audit seems to be away: long enough to notice when it is back. */
const shortWaitMs = 100;

/** Audit's promises that an intent is in the log, read by every process as a broadcast. */
export class Receipts {
  /** Action id by leaf hash, oldest first. */
  private readonly known = new Map<string, string>();
  private readonly waiting = new Map<string, { readonly actionId: string; readonly arrived: AbortController }>();
  private away = false;
  private seenSince = Infinity;

  constructor(
    tables: Pick<Tables, 'on' | 'loaded'>,
    private readonly clock: Clock,
  ) {
    void tables.loaded.then(() => (this.seenSince = clock.now()));
    tables.on(IntentReceipted, ({ data: { leaf, actionId } }) => {
      this.away = false;
      this.known.set(leaf, actionId);
      const waiter = this.waiting.get(leaf);
      if (waiter?.actionId === actionId) waiter.arrived.abort();
      const [oldest] = this.known.keys();
      if (oldest !== undefined && this.known.size > mostRemembered) this.known.delete(oldest);
    });
  }

  /** Since when this process has seen every receipt, milliseconds since the epoch. */
  get since(): number {
    return this.seenSince;
  }

  has(actionId: string, leaf: string): boolean {
    return this.known.get(leaf) === actionId;
  }

  /** Whether the receipt of exactly this intent came within the time. */
  async wait(actionId: string, leaf: string, limitMs: number): Promise<boolean> {
    if (this.has(actionId, leaf)) return true;
    const arrived = new AbortController();
    this.waiting.set(leaf, { actionId, arrived });
    await pause(this.away ? Math.min(limitMs, shortWaitMs) : limitMs, this.clock, arrived.signal);
    this.waiting.delete(leaf);
    const came = this.has(actionId, leaf);
    if (!came) this.away = true;
    return came;
  }
}
