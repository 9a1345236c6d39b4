// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as the target saw it. */
export interface Arrived {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** `webhook-id` or `idempotency-key`. */
  readonly key: string;
}

/** A target that knows its callers' keys: what comes again under one key is recognised and not applied again. */
export class Sink {
  readonly arrived: Arrived[] = [];
  /** How often each key came; it was applied once. */
  readonly applied = new Map<string, number>();
  /** What to do instead of answering 202; `undefined` answers so. */
  behave: (request: Arrived, response: ServerResponse) => boolean = () => false;
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers, rawHeaders } = request;
        const key = String(headers['webhook-id'] ?? headers['idempotency-key'] ?? '');
        const arrived: Arrived = { method, path: url, headers, rawHeaders, body: Buffer.concat(chunks), key };
        this.arrived.push(arrived);
        if (this.behave(arrived, response)) return;
        this.applied.set(key, (this.applied.get(key) ?? 0) + 1);
        response.writeHead(202).end();
      });
    });
  }

  static async open(): Promise<Sink> {
    const sink = new Sink();
    await new Promise<void>((resolve) => sink.server.listen(0, '127.0.0.1', resolve));
    return sink;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Requests under a key. */
  of(key: string): Arrived[] {
    return this.arrived.filter((arrived) => arrived.key === key);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
