// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from 'node:http';
import { ServiceClock } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import type { FeedEvent } from '../../domain/feed.js';
import type { Visitor } from '../../domain/session.js';
import { Changes } from '../changes.js';
import { ConsoleMetrics } from '../console-metrics.js';
import { Sessions } from '../sessions.js';

/** Milliseconds between signs of life, at each of which the session is looked at again. */
const beatMs = 15_000;
const mostPerSession = 8;
/** Bytes that may wait for a slow reader; beyond, the connection is ended and the browser comes back. */
const mostWaiting = 1024 * 1024;

/** Open streams of changes. Each ends with its session, and all of them first when the service stops. */
@Injectable()
export class Streams {
  private readonly bySession = new Map<string, Set<() => void>>();
  private closed = false;

  constructor(
    private readonly changes: Changes,
    private readonly sessions: Sessions,
    private readonly clock: ServiceClock,
    private readonly metrics: ConsoleMetrics,
  ) {}

  /** False when the session has too many. @param after id of the last event that the page has seen */
  open(visitor: Visitor, secret: string | undefined, after: string | undefined, response: ServerResponse): boolean {
    const own = this.bySession.get(visitor.session) ?? new Set();
    if (own.size >= mostPerSession) return false;
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    if (this.closed) {
      response.end();
      return true;
    }
    this.bySession.set(visitor.session, own);
    let stopBeat = (): void => undefined;
    const stopListening = this.changes.feed.listen((event) => write(event));
    const end = (): void => {
      if (!own.delete(end)) return;
      stopListening();
      stopBeat();
      this.metrics.streamClosed();
      if (own.size === 0) this.bySession.delete(visitor.session);
      response.end();
    };
    const send = (text: string): void => {
      response.write(text);
      if (response.writableLength > mostWaiting) end();
    };
    const write = (event: FeedEvent): void => {
      if (event.tenant === visitor.tenant) send(`id: ${event.id}\nevent: ${event.name}\ndata: ${JSON.stringify(event.data)}\n\n`);
    };
    const look = async (): Promise<void> => {
      const live = await this.stillLoggedIn(secret).catch(() => false);
      if (!own.has(end)) return;
      if (live) {
        send(': here\n\n');
        beat();
      } else end();
    };
    const beat = (): void => {
      stopBeat = this.clock.after(beatMs, () => void look());
    };
    own.add(end);
    this.metrics.streamOpened();
    response.on('close', end);
    const missed = after === undefined ? [] : this.changes.feed.since(after);
    send('retry: 2000\n\n');
    for (const event of missed ?? []) write(event);
    // Its id comes after what was missed, so that nothing is skipped when the connection breaks in between.
    send(`id: ${this.changes.feed.head}\nevent: ${missed ? 'ready' : 'reset'}\ndata: {}\n\n`);
    beat();
    return true;
  }

  /** Ends all; browsers come back when there is a service again. */
  close(): void {
    this.closed = true;
    for (const own of this.bySession.values()) for (const end of own) end();
  }

  private async stillLoggedIn(secret: string | undefined): Promise<boolean> {
    return secret === undefined || (await this.sessions.visitor(secret, true)) !== undefined;
  }
}
