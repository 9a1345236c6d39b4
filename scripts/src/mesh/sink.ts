// SPDX-License-Identifier: Apache-2.0
import { appendFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One effect as the sink applied it. */
export interface AppliedEffect {
  /** The key under which it came: `webhook-id` or `Idempotency-Key`. */
  readonly key: string;
  /** What it was about, as the sender of the event named it. */
  readonly subject: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface SinkCounts {
  readonly applied: number;
  /** Requests whose key had been applied: recognised and not applied again. */
  readonly redeliveries: number;
  /** Subjects that were applied under more than one key: the same event had two effects. */
  readonly duplicated: number;
}

/**
 * The target of effects: applies each idempotency key once and remembers what it applied. It is the judge of what was
 * lost or done twice, and knows nothing of the mesh.
 */
export class Sink {
  private readonly keys = new Map<string, AppliedEffect>();
  private readonly bySubject = new Map<string, number>();
  private redeliveries = 0;
  /** Milliseconds between an effect and the answer that tells of it: the time in which a caller can die unknowing. */
  answerAfterMs = 0;
  private waiting: { readonly subjects: number; readonly resolve: () => void }[] = [];

  private constructor(
    private readonly server: Server,
    /** Reads what an effect is about out of its JSON body. */
    private readonly subjectOf: (body: unknown) => string,
    private readonly file: string | undefined,
  ) {}

  /** @param file where each effect is also written, one JSON object a line */
  static async listen(subjectOf: (body: unknown) => string, port = 0, file?: string): Promise<Sink> {
    const server = createServer();
    const sink = new Sink(server, subjectOf, file);
    server.on('request', (request, response) => {
      sink.receive(request).then(
        () => setTimeout(() => response.writeHead(204).end(), sink.answerAfterMs),
        () => response.writeHead(400).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return sink;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get effects(): readonly AppliedEffect[] {
    return [...this.keys.values()];
  }

  counts(): SinkCounts {
    return { applied: this.keys.size, redeliveries: this.redeliveries, duplicated: [...this.bySubject.values()].filter((times) => times > 1).length };
  }

  has(subject: string): boolean {
    return this.bySubject.has(subject);
  }

  /** Number of different subjects that had an effect. */
  get subjects(): number {
    return this.bySubject.size;
  }

  /** Resolves when so many subjects had their effect. */
  whenSubjects(subjects: number): Promise<void> {
    if (this.bySubject.size >= subjects) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ subjects, resolve }));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async receive(request: IncomingMessage): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const key = String(request.headers['webhook-id'] ?? request.headers['idempotency-key'] ?? '');
    if (key === '') throw new Error('an effect without an idempotency key');
    if (this.keys.has(key)) {
      this.redeliveries += 1;
      return;
    }
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    const effect: AppliedEffect = { key, subject: this.subjectOf(body), at: Date.now() };
    const { subject } = effect;
    this.keys.set(key, effect);
    if (this.file !== undefined) appendFileSync(this.file, `${JSON.stringify({ idempotencyKey: key, target: `${request.method} ${request.url}`, at: new Date(effect.at).toISOString(), body })}\n`);
    this.bySubject.set(subject, (this.bySubject.get(subject) ?? 0) + 1);
    const ready = this.waiting.filter(({ subjects }) => this.bySubject.size >= subjects);
    this.waiting = this.waiting.filter((one) => !ready.includes(one));
    for (const { resolve } of ready) resolve();
  }
}
