// SPDX-License-Identifier: Apache-2.0
import { type Clock, type Random, systemRandom } from '@nervus/messaging';

/** A store whose outboxes are swept. */
export interface OutboxSource {
  readonly name: string;
  /** Ids of documents whose outboxes wait since before `beforeMs`; at most `limit`. */
  leftBehind(beforeMs: number, limit: number): Promise<readonly string[]>;
  /** Publishes and clears those of these outboxes that still wait so; resolves with how many, when that is done. */
  takeOver(ids: readonly string[], beforeMs: number): Promise<number>;
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
  /** Batches in hand: while one is being published the next is read and leased. A crash repeats at most these. @default 2 */
  readonly inHand?: number;
  /** Documents looked for at once; finding them is what costs. @default 10000 */
  readonly search?: number;
  /** @default systemRandom */
  readonly random?: Random;
}

/**
 * Publishes what processes that are gone had written and not published: at start and then every few seconds, in
 * bounded batches until nothing is left. Two relays never get the same document, since taking one over is a
 * compare-and-set; and they seldom try, since each begins somewhere else in what it found.
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

  /** Until a search finds nothing that this relay could take: what others take meanwhile counts as written now. */
  async #drainOne(source: OutboxSource, beforeMs: number): Promise<void> {
    const { batch = 100, search = 10_000, inHand = 2 } = this.options;
    for (;;) {
      const ids = await source.leftBehind(beforeMs, search);
      const queue = batchesOf(this.#rotated(ids), batch);
      const hands = await Promise.allSettled(Array.from({ length: inHand }, () => this.#takeOver(source, queue, beforeMs)));
      const failed = hands.find((hand) => hand.status === 'rejected');
      if (failed) throw failed.reason;
      if (this.#stopped || hands.every((hand) => hand.status === 'fulfilled' && hand.value === 0)) return;
    }
  }

  /** Takes batch after batch from the queue. A failure ends the queue for all, since leaving the loop ends its generator. */
  async #takeOver(source: OutboxSource, queue: Iterable<readonly string[]>, beforeMs: number): Promise<number> {
    let taken = 0;
    for (const ids of queue) {
      if (this.#stopped) break;
      taken += await source.takeOver(ids, beforeMs);
    }
    return taken;
  }

  /** The same from a place by chance to the end, and then from the beginning. */
  #rotated<T>(all: readonly T[]): readonly T[] {
    const from = Math.floor((this.options.random ?? systemRandom)() * all.length);
    return [...all.slice(from), ...all.slice(0, from)];
  }
}

function* batchesOf<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size);
}
