// SPDX-License-Identifier: Apache-2.0
import { rootId } from '@nervus/contracts';
import { ServiceClock } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import { ConsoleMetrics } from '../adapters/console-metrics.js';
import { ReadModels } from '../adapters/read-models.js';
import { Seats } from '../adapters/seats.js';
import { Sessions } from '../adapters/sessions.js';
import { Attempts } from '../domain/attempts.js';
import { Problem } from '../domain/problem.js';
import { hashOfToken, type Seat } from '../domain/seat.js';

/** Failed logins before one is told to wait. Good links are let in all the same, so that no guesser shuts people out. */
const burst = 10;
const perMinute = 10;
/** A used link is remembered for longer than it could have lived. */
const rememberMs = 60 * 60_000;

/** A person follows a one-time link: the link is used up and a session begins. */
@Injectable()
export class LogIn {
  private readonly attempts: Attempts;

  constructor(
    private readonly seats: Seats,
    private readonly sessions: Sessions,
    private readonly models: ReadModels,
    private readonly clock: ServiceClock,
    private readonly metrics: ConsoleMetrics,
  ) {
    this.attempts = new Attempts(burst, perMinute, clock.now());
  }

  /** The secret of the new session. @throws Problem 429, 401 */
  async byLink(token: string): Promise<{ readonly secret: string; readonly seat: Seat }> {
    const now = this.clock.now();
    const seat = await this.seats.ofLink(token, now);
    if (!seat) throw this.refused(now);
    const used = await this.models.usedLinks.apply(hashOfToken(token), rootId(now), (current) => (current ? 'unchanged' : { state: { person: seat.person, forgetAt: now + rememberMs }, events: [] }));
    if (used.outcome !== 'applied') throw this.refused(now);
    this.metrics.loggedIn('accepted');
    return { secret: await this.sessions.start(seat), seat };
  }

  /** One answer for unknown, late and used links: a guesser learns nothing. */
  private refused(now: number): Problem {
    const wait = this.attempts.take(now);
    this.metrics.loggedIn(wait > 0 ? 'limited' : 'refused');
    if (wait > 0) return new Problem(429, 'too_many_logins', `Too many logins failed: wait ${wait} s.`, { 'retry-after': String(wait) });
    return new Problem(401, 'link_refused', 'This link is not good: it was used, its ten minutes are over, or it is from an earlier start. Restart Nervus for new ones.');
  }
}
