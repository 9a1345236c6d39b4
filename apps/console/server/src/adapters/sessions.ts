// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { rootId } from '@nervus/contracts';
import { ServiceClock } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import { hashOfToken, type Seat } from '../domain/seat.js';
import { isLive, startSession, touch, type Visitor, visitorOf } from '../domain/session.js';
import { ReadModels } from './read-models.js';

/** Logins of browsers. Only hashes are stored: a copied database logs nobody in. */
@Injectable()
export class Sessions {
  constructor(
    private readonly models: ReadModels,
    private readonly clock: ServiceClock,
  ) {}

  /** Starts a session. The result is its secret, which only the cookie holds. */
  async start(seat: Seat): Promise<string> {
    const secret = randomBytes(32).toString('base64url');
    const id = hashOfToken(secret);
    await this.models.sessions.apply(id, id, () => ({ state: startSession(seat, this.clock.now()), events: [] }));
    return secret;
  }

  /**
   * Who a secret belongs to; undefined when the session is unknown, idle for too long or too old.
   * @param background true when nobody did anything, so that an open page keeps no session alive
   */
  async visitor(secret: string, background: boolean): Promise<Visitor | undefined> {
    const id = hashOfToken(secret);
    const now = this.clock.now();
    const found = await this.models.sessions.read(id);
    if (!found || !isLive(found.state, now)) return undefined;
    if (!background && touch(found.state, now) !== 'unchanged') {
      await this.models.sessions.apply(id, rootId(now), (current) => {
        const next = touch(current, now);
        return next === 'unchanged' ? next : { state: next, events: [] };
      });
    }
    return visitorOf(found.state, id);
  }

  async end(secret: string): Promise<void> {
    const id = hashOfToken(secret);
    await this.models.sessions.apply(id, `${id}/end`, (current) => (current && !current.ended ? { state: { ...current, ended: true }, events: [] } : 'unchanged'));
  }
}
