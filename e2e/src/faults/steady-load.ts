// SPDX-License-Identifier: Apache-2.0
import { type LoadResult, sendWebhooks } from '@nervus/bench';
import { type LoadSource, loadSources } from '../folders.js';

export interface LoadTarget {
  /** Base URL of ingestion. */
  readonly url: string;
  /** Keys of the sources. */
  readonly secrets: Readonly<Record<LoadSource, Buffer>>;
}

export interface SteadyLoadOptions {
  readonly target: LoadTarget;
  /** New events a second, by source. */
  readonly rates: Readonly<Record<LoadSource, number>>;
  /** Put before every subject, so that no two runs name the same event. */
  readonly name: string;
}

/** One event of the load. */
interface LoadEvent {
  readonly subject: string;
  readonly source: LoadSource;
  /** First time of sending, milliseconds since the epoch. */
  readonly sentAt: number;
}

/**
 * Signed webhooks at a steady rate, until it is told to end. Like every sender of webhooks it sends again, under the same
 * id, what was not acknowledged.
 */
export class SteadyLoad {
  readonly events = new Map<string, LoadEvent>();
  /** By subject the time of the sending that was acknowledged, milliseconds since the epoch. */
  readonly accepted = new Map<string, number>();
  /** Answers that were no 2xx, by status; `0` where none came. */
  readonly refused: Record<string, number> = {};
  private readonly unacknowledged: Record<LoadSource, string[]> = { routine: [], consequential: [] };
  private readonly slices = new Set<Promise<void>>();
  private readonly timer: NodeJS.Timeout;
  private made = 0;
  private fault: unknown;

  private constructor(private readonly options: SteadyLoadOptions) {
    this.second();
    this.timer = setInterval(() => this.second(), 1000);
  }

  static begin(options: SteadyLoadOptions): SteadyLoad {
    return new SteadyLoad(options);
  }

  /** Sends nothing new any more, and sends again until everything is acknowledged. @throws Error when that does not come to pass */
  async end(limitMs: number): Promise<void> {
    this.stop();
    const until = Date.now() + limitMs;
    for (;;) {
      await Promise.all(this.slices);
      if (this.fault !== undefined) throw this.fault as Error;
      const left = loadSources.reduce((sum, source) => sum + this.unacknowledged[source].length, 0);
      if (left === 0) return;
      if (Date.now() > until) throw new Error(`ingestion did not acknowledge ${left} events within ${limitMs / 1000} s: ${JSON.stringify(this.refused)}`);
      for (const source of loadSources) this.sendAgain(source);
    }
  }

  /** Sends nothing new any more. */
  stop(): void {
    clearInterval(this.timer);
  }

  private second(): void {
    for (const source of loadSources) {
      const fresh = Array.from({ length: this.options.rates[source] }, () => `${this.options.name}-${source}-${this.made++}`);
      this.track(source, fresh);
      this.sendAgain(source);
    }
  }

  private sendAgain(source: LoadSource): void {
    const some = this.unacknowledged[source].splice(0, Math.max(10, this.options.rates[source]));
    if (some.length > 0) this.track(source, some);
  }

  private track(source: LoadSource, subjects: readonly string[]): void {
    const slice = this.send(source, subjects).catch((error: unknown) => void (this.fault ??= error)).finally(() => this.slices.delete(slice));
    this.slices.add(slice);
  }

  private async send(source: LoadSource, subjects: readonly string[]): Promise<void> {
    const { url, secrets } = this.options.target;
    const result: LoadResult = await sendWebhooks({
      target: url, path: `/v1/default/${source}`, secret: secrets[source], rate: subjects.length, seconds: 1,
      event: (n) => ({ subject: subjects[n] ?? '', body: { subject: subjects[n], note: `event ${n} of its second` } }),
      onSent: (subject, sentAt) => {
        if (!this.events.has(subject)) this.events.set(subject, { subject, source, sentAt });
      },
    });
    for (const subject of subjects) {
      const at = result.accepted.get(subject);
      if (at !== undefined) this.accepted.set(subject, at);
      else this.unacknowledged[source].push(subject);
    }
    for (const [status, count] of Object.entries(result.refused)) this.refused[status] = (this.refused[status] ?? 0) + count;
  }
}
