// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../clock.js';

/** Takes work in order; how much of it runs at once is the lane's own affair. */
export interface Lanes<T> {
  push(item: T): void;
  /** Looks again for work that could not start before. */
  resume(): void;
  /** Forgets what has not started. */
  clear(): void;
}

interface Lane<T> {
  queue: T[];
  head: number;
  running: boolean;
  /** Ends the waiting for the time of the first item. */
  cancelWait: (() => void) | undefined;
}

/** Items that may not start before their time. */
export interface Due<T> {
  readonly clock: Clock;
  /** Milliseconds since the epoch. */
  readonly at: (item: T) => number;
}

/**
 * Items of one key run one after the other in the order pushed; items of different keys run side by side. An item whose
 * time has not come holds up its lane, and no other.
 *
 * Invariant: a lane runs at most one item, and a key always goes to the same lane. `run` never rejects.
 */
export class KeyLanes<T> implements Lanes<T> {
  private readonly lanes: Lane<T>[];

  constructor(
    count: number,
    private readonly keyOf: (item: T) => Uint8Array | null,
    private readonly run: (item: T) => Promise<void>,
    private readonly mayStart: () => boolean,
    private readonly due?: Due<T>,
  ) {
    this.lanes = Array.from({ length: count }, () => ({ queue: [], head: 0, running: false, cancelWait: undefined }));
  }

  push(item: T): void {
    const lane = this.lanes[hashOf(this.keyOf(item)) % this.lanes.length]!;
    lane.queue.push(item);
    if (!lane.running) void this.work(lane);
  }

  resume(): void {
    for (const lane of this.lanes) if (!lane.running && lane.queue.length > 0) void this.work(lane);
  }

  clear(): void {
    for (const lane of this.lanes) {
      lane.cancelWait?.();
      lane.cancelWait = undefined;
      lane.queue = [];
      lane.head = 0;
    }
  }

  private async work(lane: Lane<T>): Promise<void> {
    lane.running = true;
    while (lane.head < lane.queue.length && this.mayStart() && !this.waits(lane)) {
      const item = lane.queue[lane.head++]!;
      if (lane.head === lane.queue.length || lane.head > 512) {
        lane.queue = lane.queue.slice(lane.head);
        lane.head = 0;
      }
      await this.run(item);
    }
    lane.running = false;
  }

  /** True while the time of the lane's first item has not come; the lane goes on by itself then. */
  private waits(lane: Lane<T>): boolean {
    if (!this.due) return false;
    const ms = this.due.at(lane.queue[lane.head]!) - this.due.clock.now();
    lane.cancelWait?.();
    lane.cancelWait = undefined;
    if (ms <= 0) return false;
    lane.cancelWait = this.due.clock.after(ms, () => {
      lane.cancelWait = undefined;
      if (!lane.running) void this.work(lane);
    });
    return true;
  }
}

/**
 * One lane that hands over what is queued as one batch, in order, and the next batch when that is done.
 *
 * Invariant: at most one batch runs. `run` never rejects.
 */
export class BatchLane<T> implements Lanes<T> {
  private queue: T[] = [];
  private running = false;

  constructor(
    private readonly limit: number,
    private readonly run: (items: readonly T[]) => Promise<void>,
    private readonly mayStart: () => boolean,
  ) {}

  push(item: T): void {
    this.queue.push(item);
    if (!this.running) void this.work();
  }

  resume(): void {
    if (!this.running && this.queue.length > 0) void this.work();
  }

  clear(): void {
    this.queue = [];
  }

  private async work(): Promise<void> {
    this.running = true;
    // The rest of a fetch is pushed in the same turn: let it arrive before the first batch is cut.
    await Promise.resolve();
    while (this.queue.length > 0 && this.mayStart()) {
      const items = this.queue.length <= this.limit ? this.queue : this.queue.slice(0, this.limit);
      this.queue = this.queue.length <= this.limit ? [] : this.queue.slice(this.limit);
      await this.run(items);
    }
    this.running = false;
  }
}

/** FNV-1a, 32 bit. Records without a key share one lane: their order is all that is known of them. */
function hashOf(key: Uint8Array | null): number {
  if (key === null) return 0;
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key[at]!, 0x01000193);
  return hash >>> 0;
}
