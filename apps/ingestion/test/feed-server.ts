// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FeedReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A server of feeds that replies by path and by how often the path was asked for, and remembers what it was asked. */
export class FeedServer {
  readonly requests: { readonly path: string; readonly headers: IncomingHttpHeaders; readonly at: number }[] = [];
  private readonly replies = new Map<string, (nth: number) => FeedReply>();

  private constructor(private readonly server: Server) {}

  static async listen(): Promise<FeedServer> {
    const server = createServer();
    const feeds = new FeedServer(server);
    server.on('request', (request, response) => {
      const path = request.url ?? '';
      feeds.requests.push({ path, headers: request.headers, at: Date.now() });
      const { status, headers = {}, body = '' } = feeds.replies.get(path)?.(feeds.to(path).length) ?? { status: 404 };
      response.writeHead(status, headers).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return feeds;
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** @param reply gets 1 for the first request */
  on(path: string, reply: (nth: number) => FeedReply): void {
    this.replies.set(path, reply);
  }

  to(path: string): FeedServer['requests'] {
    return this.requests.filter((request) => request.path === path);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export const rss = (items: readonly { readonly id: string; readonly title: string }[]): string =>
  `<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>${items.map(({ id, title }) => `<item><guid>${id}</guid><title>${title}</title><pubDate>Tue, 24 Nov 2026 10:00:00 GMT</pubDate></item>`).join('')}</channel></rss>`;
