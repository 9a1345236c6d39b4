// SPDX-License-Identifier: Apache-2.0
import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Disturbance } from './disturbance.js';

/**
 * How a front treats requests.
 * - `plain`: passes them on, and the answer back.
 * - `slow`: passes them on at once; the answer comes so many milliseconds later.
 * - `status`: passes nothing on and answers with this status.
 * - `reset`: passes nothing on and resets the connection.
 * - `answer-lost`: passes them on and resets the connection where the answer would come.
 */
export type Mood = { readonly kind: 'plain' | 'reset' | 'answer-lost' } | { readonly kind: 'slow'; readonly ms: number } | { readonly kind: 'status'; readonly status: number };

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** An HTTP server that stands before another one on this machine and can misbehave in its place. */
export class HttpFront {
  mood: Mood = { kind: 'plain' };
  /** Requests that met another mood than `plain`. */
  disturbed = 0;
  private readonly agent = new Agent({ keepAlive: true });

  private constructor(
    private readonly server: Server,
    private readonly target: number,
  ) {}

  /** @param target port of the server behind. @param host address listened on. @default 127.0.0.1 */
  static async open(target: number, port = 0, host = '127.0.0.1'): Promise<HttpFront> {
    const server = createServer();
    const front = new HttpFront(server, target);
    server.on('request', (incoming, outgoing) => void front.treat(incoming, outgoing));
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, () => resolve()));
    return front;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    this.agent.destroy();
  }

  private async treat(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { mood } = this;
    if (mood.kind !== 'plain') this.disturbed += 1;
    try {
      // Read in every mood, so that the sender is done with sending.
      const body = await buffer(incoming);
      if (mood.kind === 'status') return void outgoing.writeHead(mood.status).end();
      if (mood.kind === 'reset') return reset(incoming.socket);
      const answer = await this.passOn(incoming, body);
      if (mood.kind === 'answer-lost') return reset(incoming.socket);
      if (mood.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, mood.ms));
      outgoing.writeHead(answer.status, answer.headers).end(answer.body);
    } catch {
      // Either side has gone away.
      reset(incoming.socket);
    }
  }

  private async passOn({ method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
    const { connection: _connection, 'transfer-encoding': _encoding, ...kept } = headers;
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request({ host: '127.0.0.1', port: this.target, agent: this.agent, method, path: url, headers: { ...kept, 'content-length': body.length } }, resolve).once('error', reject).end(body);
    });
    const { connection: _own, 'transfer-encoding': _chunked, ...back } = answer.headers;
    return { status: answer.statusCode ?? 502, headers: back, body: await buffer(answer) };
  }
}

function reset(socket: Socket): void {
  if (!socket.destroyed) socket.resetAndDestroy();
}

/** Lets a front misbehave for a while. @param hold how long, for example until it has met some requests */
export function misbehaving(front: HttpFront, what: string, mood: Mood, hold: NonNullable<Disturbance['hold']>): Disturbance {
  const described = mood.kind === 'slow' ? `answers ${mood.ms / 1000} s late` : mood.kind === 'status' ? `answers ${mood.status}` : mood.kind === 'reset' ? 'resets every connection' : mood.kind === 'answer-lost' ? 'does as it is told and loses its answers' : 'behaves';
  return {
    name: `${what} ${described}`,
    begin: () => void (front.mood = mood),
    hold,
    end: () => void (front.mood = { kind: 'plain' }),
  };
}
