// SPDX-License-Identifier: Apache-2.0
// webhook.send and http.request against a real server on the loopback, which the destinations open by name.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createEgress } from '@nervus/egress';
import { headerLines, verify } from '@nervus/http-signatures';
import { verifyDpopProof, WorkloadKey } from '@nervus/trust';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sampleAction, SampleWorld, start } from '../../../test/sample-world.js';
import type { Permitted } from '../../domain/permitted.js';
import type { PermittedCall, Route } from '../../domain/tool.js';
import { Destinations } from '../destinations.js';
import { HttpRequest } from './http-request.js';
import { signatureTag } from './signed-request.js';
import { WebhookSend, type Sender } from './webhook-send.js';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: string[];
  readonly body: Buffer;
}

const seen: Seen[] = [];
let answer: (request: Seen, response: ServerResponse) => void;
const accepted = (_: Seen, response: ServerResponse): void => void response.writeHead(202).end('{"ok":true}');
let origin = '';
let sender: Sender;
const key = WorkloadKey.generate();
const world = new SampleWorld();
const egress = createEgress();

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { method = '', url = '', headers, rawHeaders } = request;
    seen.push({ method, url, headers, rawHeaders, body: Buffer.concat(chunks) });
    answer(seen.at(-1)!, response);
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const destinations = Destinations.parse(`
webhooks:
  risk-desk: { url: '${origin}/hooks/risk?x=1', allowPrivate: true, probe: '${origin}/effects/{key}' }
  closed: { url: 'http://127.0.0.1:1/', allowPrivate: true }
  guarded: { url: 'http://127.0.0.1:9/' }
hosts: [{ origin: '${origin}', methods: [GET, POST, DELETE], allowPrivate: true, idempotency: native }]
`);
  sender = { egress, destinations, key: () => key, now: () => start };
});
afterEach(() => {
  seen.length = 0;
  answer = accepted;
});
afterAll(async () => {
  await egress.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
answer = accepted;

const call = (permitted: Permitted, change: Partial<PermittedCall> = {}): PermittedCall => ({ permitted, attempt: 1, startedAt: start, signal: new AbortController().signal, ...change });
const webhook = (endpoint = 'risk-desk'): Permitted => world.permitted(sampleAction('webhook.send', { params: { endpoint, type: 'market.alert', payload: { severity: 80, text: 'ü' } } }), 2);
const request = (params: Record<string, unknown> = {}): Permitted => world.permitted(sampleAction('http.request', { params: { method: 'POST', url: `${origin}/orders?dry=0`, body: { hedge: true }, ...params } }), 2);
const withToken = (permitted: Permitted, change: Partial<PermittedCall> = {}): PermittedCall => call(permitted, { credential: { token: 'token-of-this-permit', key, expiresAt: start + 60_000 }, ...change });

describe('webhook.send', () => {
  it('the receiver gets the message signed by the workload key over method, URL, content and key', async () => {
    const permitted = webhook();
    expect(await new WebhookSend(sender).execute(call(permitted))).toMatchObject({ kind: 'done', code: 'done', response: { status: 202, bytes: 11 } });
    const [got] = seen;
    expect(JSON.parse(got!.body.toString())).toEqual({ type: 'market.alert', timestamp: permitted.decidedAt, data: { severity: 80, text: 'ü' } });
    expect(got!.headers).toMatchObject({ 'webhook-id': permitted.idempotencyKey, 'webhook-timestamp': String(start / 1000), 'content-type': 'application/json' });
    const message = { method: got!.method, origin, target: got!.url, headers: headerLines(got!.rawHeaders), body: got!.body };
    const policy = {
      keys: (kid: string) => (kid === key.kid ? ({ algorithm: 'ecdsa-p256-sha256', publicKey: key.publicKey } as const) : undefined),
      unixSeconds: () => start / 1000,
      tag: signatureTag,
      required: ['@method', '@target-uri', 'content-digest', 'webhook-id', 'webhook-timestamp'],
    };
    await expect(verify(message, policy)).resolves.toMatchObject({ keyid: key.kid });
    await expect(verify({ ...message, body: Buffer.from('{}') }, policy)).rejects.toMatchObject({ code: 'digest_mismatch' });
    await expect(verify({ ...message, target: '/hooks/other' }, policy)).rejects.toMatchObject({ code: 'signature_invalid' });
  });

  it('every attempt sends the same bytes under the same key', async () => {
    const permitted = webhook();
    const tool = new WebhookSend(sender);
    await tool.execute(call(permitted));
    await tool.execute(call(permitted, { attempt: 2 }));
    expect(seen[1]!.body.equals(seen[0]!.body)).toBe(true);
    expect(seen[1]!.headers['webhook-id']).toBe(seen[0]!.headers['webhook-id']);
  });

  it.each<[number, string, string]>([
    [204, 'done', 'done'],
    [302, 'uncertain', 'redirected'],
    [307, 'refused', 'redirected'],
    [400, 'refused', 'target_refused'],
    [429, 'not_done', 'target_busy'],
    [500, 'uncertain', 'target_failed'],
    [503, 'uncertain', 'target_failed'],
  ])('an answer of %i is %s', async (status, kind, code) => {
    answer = (_, response) => void response.writeHead(status, { location: `${origin}/elsewhere` }).end();
    expect(await new WebhookSend(sender).execute(call(webhook()))).toMatchObject({ kind, code });
    expect(seen).toHaveLength(1);
  });

  it('a target that takes the request and does not answer leaves it uncertain; one that is not there, certainly not done', async () => {
    answer = (_, response) => response.destroy();
    expect(await new WebhookSend(sender).execute(call(webhook()))).toMatchObject({ kind: 'uncertain', code: 'outcome_unknown' });
    expect(await new WebhookSend(sender).execute(call(webhook('closed')))).toMatchObject({ kind: 'not_done', code: 'target_unreachable' });
  });

  it('a success whose answer is larger than we keep is a success', async () => {
    answer = (_, response) => void response.writeHead(200).end(Buffer.alloc(100_000));
    expect(await new WebhookSend(sender).execute(call(webhook()))).toMatchObject({ kind: 'done' });
  });

  it('an internal address that the operator did not open is refused, and an unknown endpoint has no route', async () => {
    expect(await new WebhookSend(sender).execute(call(webhook('guarded')))).toMatchObject({ kind: 'refused', code: 'egress_refused' });
    expect(new WebhookSend(sender).route(webhook('nowhere'))).toMatchObject({ kind: 'refused', code: 'destination_unknown' });
    expect(seen).toEqual([]);
  });

  it('the target is asked by key what became of an earlier call', async () => {
    const permitted = webhook();
    for (const [status, found] of [[200, 'done'], [404, 'not_done'], [401, 'cannot_tell'], [500, 'cannot_tell']] as const) {
      answer = (_, response) => void response.writeHead(status).end();
      expect(await new WebhookSend(sender).reconcile(call(permitted))).toBe(found);
    }
    expect(seen[0]).toMatchObject({ method: 'GET', url: `/effects/${permitted.idempotencyKey}` });
    expect(await new WebhookSend(sender).reconcile(call(webhook('closed')))).toBe('cannot_tell');
  });
});

describe('http.request', () => {
  it('the request carries the token, a proof of the key for this request, and the idempotency key', async () => {
    const permitted = request({ headers: { 'X-Team': 'risk' } });
    expect(await new HttpRequest(sender).execute(withToken(permitted))).toMatchObject({ kind: 'done', request: { bytes: 14 }, response: { status: 202 } });
    const { headers, body } = seen[0]!;
    expect(headers).toMatchObject({ authorization: 'DPoP token-of-this-permit', 'idempotency-key': permitted.idempotencyKey, 'x-team': 'risk', 'content-type': 'application/json' });
    expect(body.toString()).toBe('{"hedge":true}');
    expect(verifyDpopProof(String(headers['dpop']), { method: 'POST', url: `${origin}/orders`, accessToken: 'token-of-this-permit' }, { now: start, thumbprint: key.kid })).toMatchObject({ thumbprint: key.kid });
  });

  it('a target that wants its own nonce gets it, at once and once', async () => {
    answer = (got, response) => {
      const nonce = (JSON.parse(Buffer.from(String(got.headers['dpop']).split('.')[1]!, 'base64url').toString()) as { nonce?: string }).nonce;
      if (nonce === 'n-1') response.writeHead(201).end();
      else response.writeHead(401, { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': 'n-1' }).end();
    };
    expect(await new HttpRequest(sender).execute(withToken(request()))).toMatchObject({ kind: 'done', response: { status: 201 } });
    expect(seen).toHaveLength(2);
    answer = (_, response) => void response.writeHead(401, { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': 'n-2' }).end();
    expect(await new HttpRequest(sender).execute(withToken(request()))).toMatchObject({ kind: 'refused', code: 'target_refused' });
    expect(seen).toHaveLength(4);
  });

  it('a read that fails has done nothing, whatever happened', async () => {
    const read = request({ method: 'GET', body: undefined });
    answer = (_, response) => response.destroy();
    expect(await new HttpRequest(sender).execute(withToken(read))).toMatchObject({ kind: 'not_done', giveUp: true });
    answer = (_, response) => void response.writeHead(500).end();
    expect(await new HttpRequest(sender).execute(withToken(read))).toMatchObject({ kind: 'not_done', giveUp: true, code: 'target_failed' });
  });

  it('a conflict is a refusal at the first call and says nothing at a repeated one', async () => {
    answer = (_, response) => void response.writeHead(409).end();
    expect(await new HttpRequest(sender).execute(withToken(request()))).toMatchObject({ kind: 'refused' });
    expect(await new HttpRequest(sender).execute(withToken(request(), { attempt: 2 }))).toMatchObject({ kind: 'uncertain', code: 'target_conflict' });
  });

  it('only what the operator opened has a route, and no parameter can set who we are', () => {
    const tool = new HttpRequest(sender);
    expect(tool.route(request())).toEqual({ destination: new URL(origin).host, audience: origin, idempotency: 'native', canAsk: false } satisfies Route);
    expect(tool.route(request({ method: 'GET', body: undefined }))).toMatchObject({ idempotency: 'natural' });
    expect(tool.route(request({ method: 'PUT' }))).toMatchObject({ code: 'destination_unknown' });
    expect(tool.route(request({ url: 'https://evil.example/' }))).toMatchObject({ code: 'destination_unknown' });
    expect(tool.route(request({ url: `${origin}@evil.example/` }))).toMatchObject({ code: 'destination_unknown' });
    for (const name of ['Authorization', 'dpop', 'Idempotency-Key', 'Cookie']) expect(tool.route(request({ headers: { [name]: 'x' } }))).toMatchObject({ code: 'header_refused' });
    expect(tool.route(request({ method: 'GET' }))).toMatchObject({ code: 'body_refused' });
  });

  it('neither token nor proof is in what is reported', async () => {
    for (const status of [201, 403]) {
      answer = (_, response) => void response.writeHead(status).end('token-of-this-permit');
      expect(JSON.stringify(await new HttpRequest(sender).execute(withToken(request())))).not.toContain('token-of-this-permit');
    }
  });
});
