// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';
import { Pool } from 'undici';

export interface LoadOptions {
  /** Base URL of ingestion. */
  readonly target: string;
  /** Path of the source, such as `/v1/default/inbound`. */
  readonly path: string;
  /** Key of the source's Standard Webhooks secret. */
  readonly secret: Buffer;
  /** Events a second, open loop: sending does not wait for answers. */
  readonly rate: number;
  readonly seconds: number;
  /** The body of the n-th event; its subject is what the sink will name. */
  readonly event: (n: number) => { readonly subject: string; readonly body: unknown };
  readonly onSent?: (subject: string, at: number) => void;
}

export interface LoadResult {
  /** Subjects acknowledged with 2xx, with the time of sending. */
  readonly accepted: ReadonlyMap<string, number>;
  /** Answers that were not 2xx, by status; `0` where none came. */
  readonly refused: Readonly<Record<string, number>>;
}

const tickMs = 10;

/** Sends signed webhooks at a stated rate for a stated time and waits for the last answer. */
export async function sendWebhooks(options: LoadOptions): Promise<LoadResult> {
  const pool = new Pool(options.target, { connections: 32, pipelining: 1, headersTimeout: 30_000 });
  const accepted = new Map<string, number>();
  const refused: Record<string, number> = {};
  const answers: Promise<void>[] = [];
  const total = Math.round(options.rate * options.seconds);
  const startedAt = Date.now();
  let sent = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(total, Math.floor(((Date.now() - startedAt) / 1000) * options.rate));
      for (; sent < due; sent++) answers.push(sendOne(pool, options, sent, accepted, refused));
      if (sent >= total) {
        clearInterval(timer);
        resolve();
      }
    }, tickMs);
  });
  await Promise.all(answers);
  await pool.close();
  return { accepted, refused };
}

async function sendOne(pool: Pool, options: LoadOptions, n: number, accepted: Map<string, number>, refused: Record<string, number>): Promise<void> {
  const { subject, body } = options.event(n);
  const text = JSON.stringify(body);
  const at = Date.now();
  const timestamp = String(Math.floor(at / 1000));
  const signature = createHmac('sha256', options.secret).update(`${subject}.${timestamp}.${text}`).digest('base64');
  options.onSent?.(subject, at);
  let status = 0;
  try {
    const answer = await pool.request({ method: 'POST', path: options.path, headers: { 'content-type': 'application/json', 'webhook-id': subject, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }, body: text });
    status = answer.statusCode;
    await answer.body.dump();
  } catch {
    // No answer: the event may or may not have been taken, so it counts as not acknowledged.
  }
  if (status >= 200 && status < 300) accepted.set(subject, at);
  else refused[status] = (refused[status] ?? 0) + 1;
}
