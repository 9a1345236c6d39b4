// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import type { Item } from './judge.js';

const everyMs = 6_000;
const againAfterMs = 2_000;
const patienceMs = 10_000;

/**
 * A person who orders something at the console now and then, and says it again under the same key until it was answered.
 * Each order is a stop for an agent that does not exist: it goes all the way to approval and to every enforcer, and holds
 * up nothing.
 */
export class Orders {
  readonly given: { sentAt: number; doneAt: number | undefined; answer: string | undefined }[] = [];
  private readonly timer: NodeJS.Timeout;
  private over = false;

  constructor(
    private readonly console: string,
    private readonly seatToken: string,
  ) {
    this.timer = setInterval(() => void this.order(), everyMs);
  }

  get items(): readonly Item[] {
    return this.given;
  }

  /** Gives no new orders; those that were given are repeated until `close`. */
  end(): void {
    clearInterval(this.timer);
  }

  close(): void {
    this.end();
    this.over = true;
  }

  private async order(): Promise<void> {
    const order: Orders['given'][number] = { sentAt: Date.now(), doneAt: undefined, answer: undefined };
    this.given.push(order);
    const key = randomUUID();
    const scope = { kind: 'agent', name: `nobody-${this.given.length}` };
    while (!this.over) {
      const answer = await this.say(key, { scope, reason: 'Somebody tries the brake.' });
      if (answer !== undefined) {
        order.doneAt = Date.now();
        order.answer = answer;
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, againAfterMs));
    }
  }

  /** @returns the code that approval answered; undefined while there is none */
  private async say(key: string, body: unknown): Promise<string | undefined> {
    try {
      const answer = await fetch(`${this.console}/api/stops`, {
        method: 'POST', body: JSON.stringify(body), redirect: 'error', signal: AbortSignal.timeout(patienceMs),
        headers: { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${this.seatToken}`, 'idempotency-key': key },
      });
      const { code } = (await answer.json()) as { readonly code?: string };
      return answer.status === 200 ? code : undefined;
    } catch {
      return undefined;
    }
  }
}
