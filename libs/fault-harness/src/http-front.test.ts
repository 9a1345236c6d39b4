// SPDX-License-Identifier: Apache-2.0
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { disturb } from './disturbance.js';
import { HttpFront, misbehaving, type Mood } from './http-front.js';

const never = new AbortController().signal;
/** What the server behind was told, in order. */
let told: string[];
let server: Server;
let front: HttpFront;

beforeEach(async () => {
  told = [];
  server = createServer((request, response) => {
    void text(request).then((body) => {
      told.push(`${request.method} ${request.url} ${String(request.headers['webhook-id'])} ${body}`);
      return response.writeHead(201, { 'x-from': 'behind' }).end('done');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  front = await HttpFront.open((server.address() as AddressInfo).port);
});
afterEach(async () => {
  await front.close();
  server.closeAllConnections();
  server.close();
});

const send = (): Promise<Response> => fetch(`http://127.0.0.1:${front.port}/effects?a=b`, { method: 'POST', headers: { 'webhook-id': 'w1' }, body: 'grün' });
/** Sends one request while the front is in this mood. */
async function sentIn(mood: Mood): Promise<{ status: number | 'reset'; told: readonly string[] }> {
  let status: number | 'reset' = 'reset';
  await disturb(misbehaving(front, 'desk', mood, async () => void (status = await send().then((answer) => answer.status, () => 'reset' as const))), never);
  return { status, told: [...told] };
}

describe('a front', () => {
  it('passes everything on, byte for byte, and the answer back', async () => {
    const answer = await send();
    expect(told).toEqual(['POST /effects?a=b w1 grün']);
    expect({ status: answer.status, from: answer.headers.get('x-from'), body: await answer.text() }).toEqual({ status: 201, from: 'behind', body: 'done' });
    expect(front.disturbed).toBe(0);
  });

  it.each([
    ['status', { kind: 'status', status: 503 }, 503, 0],
    ['reset', { kind: 'reset' }, 'reset', 0],
    ['answer-lost', { kind: 'answer-lost' }, 'reset', 1],
    ['slow', { kind: 'slow', ms: 1 }, 201, 1],
  ] as const)('%s: what the caller hears and what the server behind was told', async (_, mood, status, times) => {
    const found = await sentIn(mood);
    expect(found.status).toBe(status);
    expect(found.told).toHaveLength(times);
    expect(front.disturbed).toBe(1);
    expect((await send()).status).toBe(201);
  });

  it('a server behind that is gone looks like a reset, not like an answer', async () => {
    server.closeAllConnections();
    server.close();
    await expect(send()).rejects.toThrow();
  });
});
