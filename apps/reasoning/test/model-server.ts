// SPDX-License-Identifier: Apache-2.0
// A model server of the OpenAI shape on loopback, which says what a test wants it to say.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as the server got it. */
export interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: { readonly model: string; readonly messages: readonly { readonly role: string; readonly content: string }[]; readonly response_format?: unknown; readonly max_tokens?: number; readonly temperature?: number; readonly tools?: unknown };
}

/** Text of the answer, a status that refuses, or silence until the caller gives up. */
export type Reply = string | { readonly status: number } | { readonly hangs: true };

export class ModelServer {
  readonly asked: Asked[] = [];
  private readonly replies: Reply[] = [];

  private constructor(private readonly server: Server) {}

  static async open(): Promise<ModelServer> {
    let model: ModelServer | undefined;
    const server = createServer((request, response) => void model?.answer(request, response));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    model = new ModelServer(server);
    return model;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  /** What it will say next, in order; the last one again and again. */
  says(...replies: Reply[]): void {
    this.replies.splice(0, this.replies.length, ...replies);
    this.asked.length = 0;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => {
      this.server.close(resolve);
    });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    this.asked.push({ path: request.url ?? '', headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()) });
    const reply = (this.replies.length > 1 ? this.replies.shift() : this.replies[0]) ?? { status: 503 };
    if (typeof reply === 'object' && 'hangs' in reply) return;
    if (typeof reply === 'object') {
      response.writeHead(reply.status, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { message: 'not today', type: 'test' } }));
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'fake', choices: [{ index: 0, message: { role: 'assistant', content: reply }, finish_reason: 'stop' }], usage: { prompt_tokens: 120, completion_tokens: 34, total_tokens: 154 } }));
  }
}
