// SPDX-License-Identifier: Apache-2.0
import { type LoadResult, sendWebhooks } from '@nervus/bench';
import { type LoadSource, loadSources, webhookKey } from './folders.js';

export interface LoadStream {
  /** Name of the source: `POST /v1/default/<source>`. */
  readonly source: string;
  readonly secret: Buffer;
  /** New events a second. */
  readonly rate: number;
}

/** The sources of `layLoadFolders`, each at its rate. */
export function loadStreams(secretsFolder: string, rates: Readonly<Record<LoadSource, number>>): LoadStream[] {
  return loadSources.map((source) => ({ source, secret: webhookKey(secretsFolder, source), rate: rates[source] }));
}

/** One event of the load. Milliseconds since the epoch. */
export interface LoadEvent {
  readonly subject: string;
  readonly source: string;
  /** First time of sending. */
  readonly sentAt: number;
  /** Time of the sending that was acknowledged; undefined while none was. */
  acceptedAt: number | undefined;
}

/**
 * Signed webhooks at a steady rate, until it is told to end, to a target that may change, as behind a load balancer. Like
 * every sender of webhooks it sends again, under the same id, what was not acknowledged.
 */
export class SteadyLoad {
  readonly events = new Map<string, LoadEvent>();
  /** Those that were acknowledged, in that order. */
  readonly accepted: LoadEvent[] = [];
  /** Answers that were no 2xx, by status; `0` where none came. */
  readonly refused: Record<string, number> = {};
  /** The share of its rates at which it sends. */
  pace = 1;
  private readonly unacknowledged = new Map<LoadStream, string[]>();
  private readonly slices = new Set<Promise<void>>();
  private readonly timer: NodeJS.Timeout;
  private made = 0;
  private fault: unknown;

  /**
   * @param target base URL of ingestion
   * @param name put before every subject, so that no two runs name the same event
   */
  constructor(
    private target: string,
    private readonly name: string,
    private readonly streams: readonly LoadStream[],
  ) {
    this.second();
    this.timer = setInterval(() => this.second(), 1000);
  }

  /** Sends to another address from the next second on. Resolves when nothing more goes to the one before. */
  async moveTo(target: string): Promise<void> {
    this.target = target;
    await Promise.all(this.slices);
  }

  /** Sends nothing new any more, and sends again until everything is acknowledged. @throws Error when that does not come to pass */
  async end(limitMs: number): Promise<void> {
    this.stop();
    const until = Date.now() + limitMs;
    for (;;) {
      await Promise.all(this.slices);
      if (this.fault !== undefined) throw this.fault as Error;
      const left = [...this.unacknowledged.values()].reduce((sum, subjects) => sum + subjects.length, 0);
      if (left === 0) return;
      if (Date.now() > until) throw new Error(`ingestion did not acknowledge ${left} events within ${limitMs / 1000} s: ${JSON.stringify(this.refused)}`);
      for (const stream of this.streams) this.sendAgain(stream);
    }
  }

  /** Sends nothing new any more. */
  stop(): void {
    clearInterval(this.timer);
  }

  private second(): void {
    for (const stream of this.streams) {
      const fresh = Array.from({ length: Math.ceil(stream.rate * this.pace) }, () => `${this.name}-${stream.source}-${this.made++}`);
      this.track(stream, fresh);
      this.sendAgain(stream);
    }
  }

  /** As many as are new in a second, so that a backlog doubles the rate and no more. */
  private sendAgain(stream: LoadStream): void {
    const some = this.unacknowledged.get(stream)?.splice(0, Math.max(10, stream.rate)) ?? [];
    if (some.length > 0) this.track(stream, some);
  }

  private track(stream: LoadStream, subjects: readonly string[]): void {
    const slice = this.send(stream, subjects).catch((error: unknown) => void (this.fault ??= error)).finally(() => this.slices.delete(slice));
    this.slices.add(slice);
  }

  private async send(stream: LoadStream, subjects: readonly string[]): Promise<void> {
    const { source, secret } = stream;
    const result: LoadResult = await sendWebhooks({
      target: this.target, path: `/v1/default/${source}`, secret, rate: subjects.length, seconds: 1,
      event: (n) => ({ subject: subjects[n] ?? '', body: { subject: subjects[n], note: `event ${n} of its second` } }),
      onSent: (subject, sentAt) => {
        if (!this.events.has(subject)) this.events.set(subject, { subject, source, sentAt, acceptedAt: undefined });
      },
    });
    const left: string[] = [];
    for (const subject of subjects) {
      const event = this.events.get(subject);
      const acceptedAt = result.accepted.get(subject);
      if (event && acceptedAt !== undefined) {
        event.acceptedAt = acceptedAt;
        this.accepted.push(event);
      } else left.push(subject);
    }
    if (left.length > 0) this.unacknowledged.set(stream, [...(this.unacknowledged.get(stream) ?? []), ...left]);
    for (const [status, count] of Object.entries(result.refused)) this.refused[status] = (this.refused[status] ?? 0) + count;
  }
}
