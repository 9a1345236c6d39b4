// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@nervus/messaging';

/** A store whose outboxes are swept. */
export interface OutboxSource {
  readonly name: string;
  /** Publishes outboxes that wait since before `beforeMs`; resolves with how many it took over, when that is done. */
  takeOver(beforeMs: number, limit: number): Promise<number>;
}

export interface OutboxRelayOptions {
  /** Asked with every sweep, since collections are declared while a service is built. */
  readonly sources: () => Iterable<OutboxSource>;
  readonly clock: Clock;
  /** A sweep failed: the database is away, say. The next one comes as usual. */
  readonly onError: (error: unknown, source: string) => void;
  /** Milliseconds between sweeps. @default 10000 */
  readonly everyMs?: number;
  /**
   * Milliseconds after which an outbox counts as left behind. Must be well above the time from a write to its
   * clearing, or what others publish is published twice. @default 10000
   */
  readonly olderThanMs?: number;
  /** Documents taken over at once. @default 100 */
  readonly batch?: number;
}

/**
 * Publishes what processes that are gone had written and not published: at start and then every few seconds, in
 * bounded batches until nothing is left. Two relays never get the same document, since taking one over is a
 * compare-and-set.
 */
export class OutboxRelay {
  #cancel: (() => void) | undefined;
  #sweeping: Promise<void> | undefined;
  #stopped = false;

  constructor(private readonly options: OutboxRelayOptions) {}

  /** Sweeps once and then regularly. Resolves when the first sweep is over; never rejects. */
  async start(): Promise<void> {
    await this.#sweepRegularly();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#sweeping;
  }

  /**
   * Publishes every outbox that was last written before the instant, whoever wrote it.
   * @throws UnavailableError when the database is away
   */
  async drain(beforeMs: number): Promise<void> {
    for (const source of this.options.sources()) await this.#drainOne(source, beforeMs);
  }

  async #sweepRegularly(): Promise<void> {
    this.#sweeping = this.#sweep();
    await this.#sweeping;
    if (this.#stopped) return;
    this.#cancel = this.options.clock.after(this.options.everyMs ?? 10_000, () => void this.#sweepRegularly());
  }

  async #sweep(): Promise<void> {
    const before = this.options.clock.now() - (this.options.olderThanMs ?? 10_000);
    for (const source of this.options.sources()) {
      try {
        await this.#drainOne(source, before);
      } catch (error) {
        this.options.onError(error, source.name);
      }
    }
  }

  async #drainOne(source: OutboxSource, beforeMs: number): Promise<void> {
    const { batch = 100 } = this.options;
    // What was taken over counts as written now, so that it is not found again.
    while (!this.#stopped && (await source.takeOver(beforeMs, batch)) > 0);
  }
}
