// SPDX-License-Identifier: Apache-2.0
import { type Answer, answerOf } from './answer.js';
import { type Clock, systemClock } from './clock.js';
import { type ContentForm, type EventRequest, type OutgoingEvent, requestOf } from './event-request.js';
import { Gate } from './gate.js';
import { inOrder } from './in-order.js';
import { PublishError } from './publish-error.js';
import { Signer } from './signer.js';

export interface PublisherOptions {
  /** Of the source at the edge, such as `https://edge.example/v1/default/orders`. */
  readonly url: string | URL;
  /** The secret that the source knows: `whsec_` and base64, or other text. Without it nothing is signed. */
  readonly auth?: { readonly secret: string };
  /** @default 'webhook' */
  readonly form?: ContentForm;
  /** Attribute `source` of CloudEvents; needed for them. */
  readonly source?: string;
  /** Events under way at once; further ones wait. @default 32 */
  readonly inFlight?: number;
  /** Milliseconds from the call of `publish` to giving up, waiting included. @default 60000 */
  readonly deadlineMs?: number;
  /** Milliseconds that one attempt may take. @default 15000 */
  readonly attemptMs?: number;
  /** Milliseconds: the first pause is random below `firstMs`, each further bound doubles, up to `mostMs`. @default 200 and 10000 */
  readonly backoff?: { readonly firstMs: number; readonly mostMs: number };
  /** Longest Retry-After that is believed, in milliseconds. @default 60000 */
  readonly mostRetryAfterMs?: number;
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
  /** A number in [0, 1), for jitter. */
  readonly random?: () => number;
}

export interface PublishOptions {
  readonly signal?: AbortSignal;
}

export interface Published {
  /** Of the signal that was made, now or when the event first came. */
  readonly id: string;
  /** Whether the edge had this event already. */
  readonly duplicate: boolean;
  readonly attempts: number;
}

/** What became of one event of many. */
export type Outcome<E extends OutgoingEvent = OutgoingEvent> = { readonly event: E; readonly published: Published } | { readonly event: E; readonly error: unknown };

const defaults = { form: 'webhook', inFlight: 32, deadlineMs: 60_000, attemptMs: 15_000, backoff: { firstMs: 200, mostMs: 10_000 }, mostRetryAfterMs: 60_000, clock: systemClock, random: () => Math.random() } as const;

/** Publishes events to one source of the edge. */
export class Publisher {
  private readonly options: PublisherOptions & Omit<Required<PublisherOptions>, 'auth' | 'source' | 'fetch'>;
  private readonly gate: Gate;
  private readonly underWay = new Set<Promise<unknown>>();
  private signer: Promise<Signer> | undefined;
  private closed = false;

  constructor(options: PublisherOptions) {
    this.options = { ...defaults, ...options };
    const { inFlight, clock } = this.options;
    if (!Number.isInteger(inFlight) || inFlight < 1) throw new RangeError(`inFlight must be a whole number from 1, not ${inFlight}`);
    this.gate = new Gate(inFlight, clock);
  }

  /**
   * Publishes one event and tries again while that may help, every time with the same id, so that it becomes one signal.
   * @throws PublishError when it was refused or the deadline passed; TypeError for an event that cannot be written; the reason of the signal
   */
  async publish(event: OutgoingEvent, { signal }: PublishOptions = {}): Promise<Published> {
    if (this.closed) throw new TypeError('this publisher is closed: make a new one');
    const work = this.withinDeadline(requestOf(event, this.options.form, this.options.source), signal);
    this.underWay.add(work);
    try {
      return await work;
    } finally {
      this.underWay.delete(work);
    }
  }

  /**
   * Publishes many, `inFlight` at once, and yields what became of each in the order given. Reads no further ahead than that,
   * and no further than the caller takes results. A refused event does not end it; an error of `events` does, after the results before it.
   */
  publishAll<E extends OutgoingEvent>(events: Iterable<E> | AsyncIterable<E>, options: PublishOptions = {}): AsyncGenerator<Outcome<E>, void, void> {
    const one = (event: E): Promise<Outcome<E>> => this.publish(event, options).then((published) => ({ event, published }), (error: unknown) => ({ event, error }));
    return inOrder(events, one, this.options.inFlight);
  }

  /** Takes no further events, and waits for those under way. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.allSettled(this.underWay);
  }

  private async withinDeadline(request: EventRequest, signal: AbortSignal | undefined): Promise<Published> {
    const { clock, deadlineMs } = this.options;
    const deadline = new AbortController();
    const cancel = clock.after(deadlineMs, () => deadline.abort());
    const progress: Progress = { attempts: 0, last: undefined };
    try {
      return await this.tryUntilAnswered(request, progress, signal ? AbortSignal.any([signal, deadline.signal]) : deadline.signal);
    } catch (error) {
      if (!deadline.signal.aborted || signal?.aborted || error instanceof PublishError) throw error;
      const { attempts, last } = progress;
      throw new PublishError(last?.status, last?.code ?? 'deadline', `${last?.detail ?? 'there was no answer'} (given up after ${deadlineMs} ms; the edge may have taken it: send it again with the same id)`, true, request.id, attempts, { cause: last?.cause });
    } finally {
      cancel();
    }
  }

  private async tryUntilAnswered(request: EventRequest, progress: Progress, signal: AbortSignal): Promise<Published> {
    const { clock, backoff, random, mostRetryAfterMs } = this.options;
    await this.gate.enter(signal);
    try {
      for (let notBefore = 0; ; ) {
        await this.gate.open(notBefore, signal);
        progress.attempts++;
        const answer = await this.attempt(request, signal);
        if (answer.kind === 'accepted') return { id: answer.id, duplicate: answer.duplicate, attempts: progress.attempts };
        if (!answer.retryable) throw new PublishError(answer.status, answer.code, answer.detail, false, request.id, progress.attempts);
        progress.last = answer;
        const after = Math.min(answer.retryAfterMs ?? 0, mostRetryAfterMs);
        // Only these two speak for the edge as a whole; the pause of a 408 is for this event.
        if (answer.status === 429 || answer.status === 503) this.gate.hold(clock.now() + after);
        notBefore = clock.now() + after + random() * Math.min(backoff.mostMs, backoff.firstMs * 2 ** (progress.attempts - 1));
      }
    } finally {
      this.gate.leave();
    }
  }

  /** @throws the signal's reason */
  private async attempt({ id, body, headers }: EventRequest, signal: AbortSignal): Promise<Answer> {
    const { url, auth, clock, attemptMs, fetch: send = globalThis.fetch } = this.options;
    // Signed anew each time: the edge refuses timestamps that are minutes old.
    const signed = auth && (await (await (this.signer ??= Signer.of(auth.secret))).headers(id, Math.floor(clock.now() / 1000), body));
    const timeout = new AbortController();
    const cancel = clock.after(attemptMs, () => timeout.abort());
    try {
      const response = await send(url, { method: 'POST', body, headers: { ...headers, ...signed }, redirect: 'manual', signal: AbortSignal.any([signal, timeout.signal]) });
      return answerOf(response.status, response.headers.get('retry-after'), await response.text(), clock.now());
    } catch (cause) {
      signal.throwIfAborted();
      const code = timeout.signal.aborted ? 'attempt_timeout' : 'network';
      return { kind: 'refused', status: undefined, code, detail: timeout.signal.aborted ? `no answer within ${attemptMs} ms` : `the edge cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`, retryable: true, cause };
    } finally {
      cancel();
    }
  }
}

interface Progress {
  attempts: number;
  last: Extract<Answer, { kind: 'refused' }> | undefined;
}
