// SPDX-License-Identifier: Apache-2.0

/** One change that open pages are told of. */
export interface FeedEvent {
  /** `<epoch>.<n>`: what a browser names when it comes back. */
  readonly id: string;
  readonly tenant: string;
  readonly name: 'request' | 'action' | 'stop';
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * The newest changes of this process, for pages that are open and those that were away for a moment. What it no longer
 * holds, a page must read anew: it is told so rather than left with a gap.
 */
export class Feed {
  private readonly events: FeedEvent[] = [];
  private readonly listeners = new Set<(event: FeedEvent) => void>();
  private count = 0;

  constructor(
    private readonly epoch: string,
    private readonly capacity = 1000,
  ) {}

  push(tenant: string, name: FeedEvent['name'], data: FeedEvent['data']): void {
    const event: FeedEvent = { id: `${this.epoch}.${++this.count}`, tenant, name, data };
    this.events.push(event);
    if (this.events.length > this.capacity) this.events.shift();
    for (const listener of this.listeners) listener(event);
  }

  /** Id of the newest event; what a page that was just drawn has seen. */
  get head(): string {
    return `${this.epoch}.${this.count}`;
  }

  /** What came after an id; undefined when that cannot be told any more. */
  since(id: string): readonly FeedEvent[] | undefined {
    const [epoch, number = ''] = id.split('.');
    if (epoch !== this.epoch || !/^\d{1,15}$/.test(number)) return undefined;
    const missed = this.count - Number(number);
    return missed < 0 || missed > this.events.length ? undefined : this.events.slice(this.events.length - missed);
  }

  /** The result ends it. */
  listen(listener: (event: FeedEvent) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}
