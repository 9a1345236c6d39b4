// SPDX-License-Identifier: Apache-2.0
import { asError, type EventSink, type OutgoingEvent, PermanentError } from '@nervus/messaging';

/** Events of one document, in the order of its outbox. */
export interface HandedDocument {
  readonly id: string;
  readonly events: readonly OutgoingEvent[];
}

export interface HandoverOptions {
  readonly sink: EventSink;
  readonly now: () => number;
  /** These events of that document are done with and may be cleared. */
  readonly onAcknowledged: (documentId: string, events: readonly OutgoingEvent[]) => void;
  /** This event can never be published. When it resolves the event is cleared; when it rejects it stays in its outbox. */
  readonly onUnpublishable: (event: OutgoingEvent, error: Error) => Promise<void>;
  readonly onFailed: (error: Error) => void;
}

/**
 * Hands events to the sink and remembers which Kafka has not acknowledged.
 *
 * Invariant: an event is pending from the moment it is handed over until the sink resolved or rejected for it. What is
 * pending is handed over by nobody else of this process, and what stays in an outbox without being pending is
 * (with the next write of its document, or by the sweep).
 */
export class Handover {
  readonly #pending = new Map<string, { readonly since: number; readonly published: Promise<Failures> }>();
  #waiting: { readonly below: number; readonly resolve: () => void }[] = [];

  constructor(private readonly options: HandoverOptions) {}

  get depth(): number {
    return this.#pending.size;
  }

  /** Milliseconds since the oldest pending event was handed over; 0 when there is none. */
  get oldestAgeMs(): number {
    // A map keeps the order of insertion.
    const oldest = this.#pending.values().next().value;
    return oldest ? Math.max(0, this.options.now() - oldest.since) : 0;
  }

  isPending(eventId: string): boolean {
    return this.#pending.has(eventId);
  }

  /** Resolves when fewer than `n` events are pending. */
  whenBelow(n: number): Promise<void> {
    if (this.depth < n) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ below: n, resolve }));
  }

  /** Resolves when none of these is pending any more. @throws what publishing one of them failed with */
  async acknowledged(events: readonly OutgoingEvent[]): Promise<void> {
    for (const [id, published] of events.map((event) => [event.id, this.#pending.get(event.id)?.published] as const)) {
      const failure = (await published)?.get(id);
      if (failure) throw failure;
    }
  }

  /** Publishes in one call, in order, what is not pending already. Resolves when that is over, with what failed. */
  async hand(documents: readonly HandedDocument[]): Promise<Failures> {
    const fresh = documents.map(({ id, events }) => ({ id, events: events.filter((event) => !this.#pending.has(event.id)) })).filter(({ events }) => events.length > 0);
    if (fresh.length === 0) return new Map();
    const { promise: published, resolve } = Promise.withResolvers<Failures>();
    const since = this.options.now();
    for (const { events } of fresh) for (const { id } of events) this.#pending.set(id, { since, published });
    const failures = await this.#publish(fresh);
    resolve(failures);
    return failures;
  }

  async #publish(documents: readonly HandedDocument[]): Promise<Failures> {
    const failures = new Map<string, Error>();
    let events = documents.flatMap((document) => document.events);
    while (events.length > 0) {
      try {
        await this.options.sink.publish(events);
        break;
      } catch (thrown) {
        const error = asError(thrown);
        const refused = refusedBy(error);
        const poison = events.find(({ id }) => id === refused);
        if (poison) {
          // The whole call was refused before anything was numbered: send the others at once, so that they keep their place.
          failures.set(poison.id, error);
          events = events.filter((event) => event !== poison);
          continue;
        }
        for (const { id } of events) failures.set(id, error);
        this.options.onFailed(error);
        break;
      }
    }
    for (const document of documents) {
      if (failures.size === 0) this.#finish(document.id, document.events, document.events);
      else this.#finish(document.id, document.events, await this.#without(document.events, failures));
    }
    this.#release();
    return failures;
  }

  #finish(id: string, handed: readonly OutgoingEvent[], done: readonly OutgoingEvent[]): void {
    for (const event of handed) this.#pending.delete(event.id);
    if (done.length > 0) this.options.onAcknowledged(id, done);
  }

  /** Those that are done with: published, or reported as impossible to publish. */
  async #without(events: readonly OutgoingEvent[], failures: Failures): Promise<readonly OutgoingEvent[]> {
    const done: OutgoingEvent[] = [];
    for (const event of events) {
      const failure = failures.get(event.id);
      if (!failure || (refusedBy(failure) === event.id && (await this.#reported(event, failure)))) done.push(event);
    }
    return done;
  }

  async #reported(event: OutgoingEvent, error: Error): Promise<boolean> {
    try {
      await this.options.onUnpublishable(event, error);
      return true;
    } catch (thrown) {
      this.options.onFailed(asError(thrown));
      return false;
    }
  }

  #release(): void {
    const { depth } = this;
    const ready = this.#waiting.filter(({ below }) => depth < below);
    if (ready.length === 0) return;
    this.#waiting = this.#waiting.filter(({ below }) => depth >= below);
    for (const { resolve } of ready) resolve();
  }
}

/** What publishing failed with, by event id. */
export type Failures = ReadonlyMap<string, Error>;

/** The id of the event that can never be published, if that is what the error says. */
function refusedBy(error: Error): string | undefined {
  const id = error instanceof PermanentError ? error.details['id'] : undefined;
  return typeof id === 'string' ? id : undefined;
}
