// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request as openRequest } from 'node:http';
import { connect } from 'node:net';
import { Publisher } from '@nervus/client';
import { SignalAccepted } from '@nervus/contracts';
import { ServiceWorld } from '@nervus/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ingestionService } from '../src/ingestion.service.js';
import { type Answer, pathToken, request, secretOf, Sender, signedBy, writeSources } from './sender.js';

const mebibyte = 1024 * 1024;
let world: ServiceWorld;
let base: string;
let environment: Record<string, string>;
let managementPort: number;
let orders: Sender;
let partner: Sender;

beforeAll(async () => {
  world = await ServiceWorld.open('ingestion');
  environment = writeSources(world.folder, [
    { name: 'orders', spec: { kind: 'webhook', auth: signedBy('default', 'orders'), subject: { pointer: '/customer', otherwise: 'orders' } } },
    { name: 'orders', tenant: 'other', spec: { kind: 'webhook', auth: signedBy('other', 'orders'), subject: { pointer: '/customer', otherwise: 'orders' } } },
    { name: 'partner', spec: { kind: 'cloudevents', auth: signedBy('default', 'partner'), subject: { pointer: '/nothing', otherwise: 'partner' }, allowedOrigins: ['sender.example.com'] } },
    { name: 'open', spec: { kind: 'webhook', auth: { kind: 'none', pathToken } } },
    { name: 'metered', spec: { kind: 'webhook', auth: signedBy('default', 'metered'), limits: { perSecond: 2, burst: 1 } } },
    { name: 'seldom', spec: { kind: 'webhook', auth: signedBy('default', 'seldom'), limits: { perSecond: 0.01, burst: 2 } } },
  ]);
  const service = await world.start(ingestionService, { ...environment, NERVUS_BODY_SECONDS: '2', NERVUS_MAX_IN_HAND_BYTES: String(mebibyte) });
  managementPort = service.management.port;
  base = `http://127.0.0.1:${service.httpPort}`;
  orders = Sender.to(base, 'orders');
  partner = Sender.to(base, 'partner');
});
afterAll(() => world.close());

const signalsOf = (originId: string, count = 1) => world.until(SignalAccepted, (data) => data.origin.id === originId, count);
const problem = (status: number, code: string): object => ({ status, body: { type: `urn:nervus:problem:${code}`, title: expect.any(String), status, code, detail: expect.any(String) } });
const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${managementPort}/metrics`)).text();
const mediaTypeOf = (answer: Answer): string | null => answer.headers.get('content-type');

describe('an accepted event', () => {
  it('is a signal in Kafka, keyed by tenant and subject, and its own first cause', async () => {
    const answer = await orders.send({ customer: 'c-1', type: 'order.placed', total: 12345678901234567890n.toString() }, 'm-1');
    expect(answer).toMatchObject({ status: 202, body: { id: expect.any(String), duplicate: false } });
    const [signal] = await signalsOf('m-1');
    expect(signal).toMatchObject({
      id: answer.body['id'], key: 'default/c-1',
      data: { kind: 'webhook', source: 'orders', origin: { id: 'm-1', type: 'order.placed', source: 'default/orders' }, subject: 'c-1', content: { customer: 'c-1' }, labels: { '': { trust: 'untrusted', class: 'internal' } } },
      headers: { ce_correlationid: answer.body['id'], ce_hops: '0', ce_tenantid: 'default', ce_subject: 'c-1' },
    });
    expect(signal?.headers).not.toHaveProperty('ce_causationid');
    expect(signal?.headers['ce_traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
  });

  it('the same webhook twice makes one signal and gets the same id', async () => {
    const first = await orders.send({ n: 1 }, 'm-twice');
    const second = await orders.send({ n: 1 }, 'm-twice');
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.body).toEqual({ id: first.body['id'], duplicate: true });
    await orders.send({}, 'm-after');
    await signalsOf('m-after');
    expect(world.of(SignalAccepted, (data) => data.origin.id === 'm-twice')).toHaveLength(1);
  });

  it('the same event fifty times at once is one signal', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => orders.send({ n: 2 }, 'm-fifty')));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1);
    expect(answers.filter(({ body }) => body['duplicate'] === false)).toHaveLength(1);
    await orders.send({}, 'm-after-fifty');
    await signalsOf('m-after-fifty');
    expect(world.of(SignalAccepted, (data) => data.origin.id === 'm-fifty')).toHaveLength(1);
  });

  it('signature headers and raw body reach the check unchanged', async () => {
    const body = ' {"customer" :\t"J\\u00fcrg",\r\n"sum":1.0e2} \n';
    const { 'webhook-signature': signature = '', ...signed } = orders.headers('m-raw', body);
    const answer = await request(`${base}/v1/default/orders`, { method: 'POST', body, headers: { ...signed, 'webhook-signature': `v1,AAAA v1a,xyz= ${signature} v2,later` } });
    expect(answer.status).toBe(202);
    expect((await signalsOf('m-raw'))[0]?.data).toMatchObject({ content: { customer: 'Jürg', sum: 100 }, raw: { bytes: Buffer.byteLength(body) } });
    const changed = { ...signed, 'webhook-signature': signature };
    expect(await request(`${base}/v1/default/orders`, { method: 'POST', body: body.trim(), headers: changed })).toMatchObject(problem(401, 'signature_invalid'));
  });

  it('integers that JSON readers round are kept as text', async () => {
    await orders.sendText('{"account":90071992547409931234}', 'm-big');
    expect((await signalsOf('m-big'))[0]?.data.content).toEqual({ account: '90071992547409931234' });
  });

  it('a signed sender has its trace go on; what a stranger says of one is not taken over', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await orders.send({}, 'm-trace', { traceparent });
    await request(`${base}/v1/default/open/${pathToken}`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json', 'webhook-id': 'm-stranger', traceparent } });
    expect((await signalsOf('m-trace'))[0]?.headers['ce_traceparent']).toContain('0af7651916cd43dd8448eb211c80319c');
    expect((await signalsOf('m-stranger'))[0]?.headers['ce_traceparent']).not.toContain('0af7651916cd43dd8448eb211c80319c');
  });
});

describe('CloudEvents', () => {
  const attributes = { specversion: '1.0', source: '/shop', type: 'order.placed', subject: 'order-7', time: '2026-11-24T10:00:00Z' };

  it('in structured and binary mode are the same signal', async () => {
    const structured = await partner.send({ ...attributes, id: 'ce-1', hops: 2, data: { n: 1 } }, randomUUID(), { 'content-type': 'application/cloudevents+json' });
    const binary = await partner.send({ n: 1 }, randomUUID(), Object.fromEntries(Object.entries({ ...attributes, id: 'ce-1' }).map(([name, value]) => [`ce-${name}`, value])));
    expect([structured.status, binary.status]).toEqual([202, 202]);
    expect(binary.body).toEqual({ id: structured.body['id'], duplicate: true });
    const [signal] = await signalsOf('ce-1');
    expect(signal).toMatchObject({ key: 'default/order-7', data: { kind: 'cloudevent', origin: { id: 'ce-1', type: 'order.placed', source: '/shop', time: '2026-11-24T10:00:00Z' }, content: { n: 1 } }, headers: { ce_hops: '3' } });
  });

  const inBatch = (events: unknown): Promise<Answer> => partner.send(events, randomUUID(), { 'content-type': 'application/cloudevents-batch+json' });

  it('in a batch are signals each, and a repeat of the batch makes none', async () => {
    const events = ['b-1', 'b-2', 'b-3'].map((id) => ({ ...attributes, id, data: { id } }));
    const first = await inBatch(events);
    expect(first).toMatchObject({ status: 202, body: { events: events.map(() => ({ id: expect.any(String), duplicate: false })) } });
    const [second] = await Promise.all([inBatch(events), signalsOf('b-3')]);
    expect(second.body).toEqual({ events: (first.body['events'] as { readonly id: string }[]).map(({ id }) => ({ id, duplicate: true })) });
    expect(await inBatch([])).toMatchObject({ status: 202, body: { events: [] } });
  });

  it('of a batch with one that cannot be taken, none is', async () => {
    const events = (data: string): object[] => [{ ...attributes, id: 'none-1', data: 1 }, { ...attributes, id: 'none-2', data }];
    // A body of exactly the size that is taken: with its labels, the second signal is larger.
    const fits = 512 * 1024 - Buffer.byteLength(JSON.stringify(events('')));
    expect(await inBatch(events('x'.repeat(fits)))).toMatchObject(problem(413, 'signal_too_large'));
    await partner.send({ ...attributes, id: 'ce-after', data: 1 }, randomUUID(), { 'content-type': 'application/cloudevents+json' });
    await signalsOf('ce-after');
    expect(world.of(SignalAccepted, (data) => data.origin.id.startsWith('none-'))).toEqual([]);
  });

  it('are consented to in the handshake, and to nobody else', async () => {
    const asked = (origin: string): Promise<Answer> => request(`${base}/v1/default/partner`, { method: 'OPTIONS', headers: { 'webhook-request-origin': origin, 'webhook-request-rate': '100' } });
    const granted = await asked('sender.example.com');
    expect([granted.status, granted.headers.get('webhook-allowed-origin'), granted.headers.get('webhook-allowed-rate'), granted.headers.get('allow')]).toEqual([200, 'sender.example.com', '100', 'POST, OPTIONS']);
    const refused = await asked('other.example.com');
    expect(refused).toMatchObject(problem(403, 'origin_not_allowed'));
    expect(refused.headers.get('webhook-allowed-origin')).toBeNull();
  });

  it('attributes that do not fit are 400', async () => {
    expect(await partner.send({ ...attributes, data: 1 }, randomUUID(), { 'content-type': 'application/cloudevents+json' })).toMatchObject(problem(400, 'cloudevent_invalid'));
    expect(await partner.send({ n: 1 })).toMatchObject(problem(400, 'cloudevent_invalid'));
    expect(await partner.send({ ...attributes, id: 'round', hops: 16 }, randomUUID(), { 'content-type': 'application/cloudevents+json' })).toMatchObject(problem(400, 'hops_exceeded'));
  });
});

describe('the client that other teams install', () => {
  it('publishes in each form, signed, and a repeat is the same signal', async () => {
    const secret = (name: string): { secret: string } => ({ secret: secretOf(`default-${name}`).toString() });
    const webhooks = new Publisher({ url: `${base}/v1/default/orders`, auth: secret('orders') });
    const first = await webhooks.publish({ id: 'client-1', data: { customer: 'c-9' } });
    expect([first.duplicate, await webhooks.publish({ id: 'client-1', data: { customer: 'c-9' } })]).toEqual([false, { id: first.id, duplicate: true, attempts: 1 }]);
    for (const form of ['cloudevent', 'cloudevent-binary'] as const) {
      const events = new Publisher({ url: `${base}/v1/default/partner`, auth: secret('partner'), form, source: '/shop' });
      await events.publish({ id: form, type: 'order.placed', subject: 'Größe 5 €', data: { n: 1 } });
      expect((await signalsOf(form))[0]?.data).toMatchObject({ kind: 'cloudevent', subject: 'Größe 5 €', origin: { type: 'order.placed', source: '/shop' } });
    }
    expect((await signalsOf('client-1'))[0]).toMatchObject({ id: first.id, key: 'default/c-9' });
  });

  it('over the limit answers 429, and the retried event arrives', async () => {
    const publisher = new Publisher({ url: `${base}/v1/default/metered`, auth: { secret: secretOf('default-metered').toString() } });
    const published = await Promise.all(['p-1', 'p-2', 'p-3'].map((id) => publisher.publish({ id, data: { id } })));
    expect(published.some(({ attempts }) => attempts > 1)).toBe(true);
    for (const id of ['p-1', 'p-2', 'p-3']) expect(await signalsOf(id)).toHaveLength(1);
  });

  it('is told why it is refused', async () => {
    const wrong = new Publisher({ url: `${base}/v1/default/orders`, auth: { secret: 'another-secret-of-24-bytes' } });
    await expect(wrong.publish({ data: {} })).rejects.toMatchObject({ status: 401, code: 'signature_invalid', retryable: false });
  });
});

describe('what is refused', () => {
  it('404: unknown tenants, sources, tokens and paths get the same answer', async () => {
    const headers = { 'content-type': 'application/json' };
    const paths = ['/v1/none/orders', '/v1/default/none', `/v1/default/orders/${pathToken}`, '/v1/default/open', '/v1/default/open/wrong', '/v1/default/%E0%A4%A', '/', '/health/live', '/v1/default/orders/a/b'];
    const answers = await Promise.all(paths.map((path) => request(base + path, { method: 'POST', body: '{}', headers })));
    for (const [at, answer] of answers.entries()) expect({ path: paths[at], ...answer }).toMatchObject({ path: paths[at], ...problem(404, 'not_found'), body: answers[0]?.body });
    expect(answers.map(mediaTypeOf)).toEqual(answers.map(() => 'application/problem+json'));
  });

  it('405: only POST', async () => {
    const answer = await request(`${base}/v1/default/orders`, {});
    expect(answer).toMatchObject(problem(405, 'method_not_allowed'));
    expect(answer.headers.get('allow')).toBe('POST, OPTIONS');
    expect((await fetch(`${base}/v1/default/orders`, { method: 'HEAD' })).status).toBe(405);
  });

  it('415: another media type, charset or coding', async () => {
    for (const headers of [{ 'content-type': 'text/plain' }, { 'content-type': 'application/json; charset=latin1' }, { 'content-encoding': 'gzip' }]) expect(await orders.send({}, randomUUID(), headers)).toMatchObject(problem(415, 'media_type_unsupported'));
  });

  it('401: a signature that does not fit, is missing, or is of another tenant', async () => {
    const body = JSON.stringify({ n: 1 });
    expect(await orders.sendText(`${body} `, 'm-bad', orders.headers('m-bad', body))).toMatchObject(problem(401, 'signature_invalid'));
    expect(await orders.sendText(body, 'm-bad', orders.headers('m-bad', body, Math.floor(Date.now() / 1000) - 301))).toMatchObject(problem(401, 'timestamp_outside_window'));
    expect(await request(`${base}/v1/default/orders`, { method: 'POST', body, headers: { 'content-type': 'application/json' } })).toMatchObject(problem(401, 'signature_missing'));
    expect(await request(`${base}/v1/other/orders`, { method: 'POST', body, headers: orders.headers('m-bad', body) })).toMatchObject(problem(401, 'signature_invalid'));
    expect(world.of(SignalAccepted, (data) => data.origin.id === 'm-bad')).toEqual([]);
  });

  it.each([
    ['cut off', '{"a":'],
    ['a key twice', '{"a":1,"a":2}'],
    ['a lone surrogate', '{"a":"\\ud800"}'],
    ['too deep', `${'['.repeat(61)}${']'.repeat(61)}`],
    ['too many keys', `{${Array.from({ length: 9_901 }, (_, n) => `"${n}":0`).join()}}`],
    ['nothing', ''],
  ])('400: %s', async (_, body) => {
    expect(await orders.sendText(body)).toMatchObject(problem(400, 'json_invalid'));
  });

  it('400: a header that could be read in two ways', async () => {
    const body = '{}';
    const headers = orders.headers('m-double', body);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sent = openRequest(`${base}/v1/default/orders`, { method: 'POST', headers: { ...headers, 'webhook-id': ['m-double', 'm-other'] } }, (response) => resolve(response.resume().statusCode));
      sent.on('error', reject).end(body);
    });
    expect(status).toBe(400);
  });

  it('413: before a byte of the body is read, while it comes, and when escapes make the signal too large', async () => {
    const announced = await early({ 'content-length': String(512 * 1024 + 1) }, []);
    expect(announced).toBe(413);
    const streamed = await early({ 'transfer-encoding': 'chunked' }, [Buffer.alloc(300 * 1024, 32), Buffer.alloc(300 * 1024, 32)]);
    expect(streamed).toBe(413);
    expect(await orders.sendText(`"${'\\u0001'.repeat(80_000)}"`)).toMatchObject({ status: 202 });
    expect(await orders.sendText(`"${'\\u0001'.repeat(87_360)}"`)).toMatchObject(problem(413, 'signal_too_large'));
  });

  it('413: a sender that asks first is told not to send', async () => {
    const socket = connect(Number(new URL(base).port), '127.0.0.1');
    socket.write(`POST /v1/default/orders HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 600000\r\nexpect: 100-continue\r\n\r\n`);
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('408: a body that does not come', async () => {
    expect(await early({ 'content-length': '100' }, [Buffer.from('{')])).toBe(408);
  });

  it('429: over the rate, with the time to come back, and other sources go on', async () => {
    const seldom = Sender.to(base, 'seldom');
    const answers = [await seldom.send({}), await seldom.send({}), await seldom.send({})];
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 429]);
    expect(answers[2]).toMatchObject(problem(429, 'rate_exceeded'));
    expect(Number(answers[2]?.headers.get('retry-after'))).toBeGreaterThan(1);
    expect((await orders.send({})).status).toBe(202);
  });

  it('503: while there is no room, with the time to come back; one source does not take that of others', async () => {
    const slow = openRequest(`${base}/v1/default/open/${pathToken}`, { method: 'POST', headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' } });
    slow.on('error', () => undefined);
    slow.write('{"n":');
    const crowded = async (): Promise<Answer> => request(`${base}/v1/default/open/${pathToken}`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } });
    await world.when(async () => (await metrics()).includes('nervus_signals_in_hand{service="ingestion"} 1'), 'the slow event');
    const answer = await crowded();
    expect(answer).toMatchObject(problem(503, 'overloaded'));
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await orders.send({})).status).toBe(202);
    slow.end('1}');
    const [response] = (await once(slow, 'response')) as [IncomingMessage];
    expect(response.resume().statusCode).toBe(202);
    expect((await crowded()).status).toBe(202);
  });

  /** Status of the answer to a request of which only these parts are sent. */
  function early(headers: Record<string, string>, parts: readonly Buffer[]): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const sent = openRequest(`${base}/v1/default/orders`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers } }, (response) => {
        resolve(response.resume().statusCode);
        sent.destroy();
      });
      sent.on('error', reject);
      sent.flushHeaders();
      for (const part of parts) sent.write(part);
    });
  }
});

describe('two tenants', () => {
  it('never see each other: same source name, same event id, two signals under two keys', async () => {
    const mine = await orders.send({ customer: 'c-9' }, 'm-shared');
    const theirs = await Sender.to(base, 'orders', 'other').send({ customer: 'c-9' }, 'm-shared');
    expect(theirs).toMatchObject({ status: 202, body: { duplicate: false } });
    expect(theirs.body['id']).not.toBe(mine.body['id']);
    const signals = await signalsOf('m-shared', 2);
    expect(Object.fromEntries(signals.map(({ key, headers }) => [key, headers['ce_tenantid']]))).toEqual({ 'default/c-9': 'default', 'other/c-9': 'other' });
  });
});

describe('metrics', () => {
  it('count what was accepted, came again and was refused, by source and reason', async () => {
    const text = await metrics();
    expect(text).toMatch(/nervus_signals_accepted_total\{source="orders",service="ingestion"\} [1-9]/);
    expect(text).toMatch(/nervus_signals_duplicate_total\{source="orders",service="ingestion"\} 51/);
    expect(text).toMatch(/nervus_signals_rejected_total\{source="orders",reason="json_invalid",service="ingestion"\} 6/);
    expect(text).toMatch(/nervus_signals_rejected_total\{source="unknown",reason="not_found",service="ingestion"\} \d/);
    expect(text).toMatch(/nervus_signals_in_hand\{service="ingestion"\} 0/);
  });
});

describe('two processes', () => {
  it('given the same event at once make one signal of it', async () => {
    const other = await world.start(ingestionService, environment);
    const senders = [orders, Sender.to(`http://127.0.0.1:${other.httpPort}`, 'orders')];
    for (const round of [1, 2, 3]) {
      const answers = await Promise.all(senders.flatMap((sender) => Array.from({ length: 10 }, () => sender.send({ round }, `m-both-${round}`))));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
      expect(answers.filter(({ body }) => body['duplicate'] === false)).toHaveLength(1);
      expect(new Set((await signalsOf(`m-both-${round}`)).map(({ id }) => id))).toEqual(new Set([answers[0]?.body['id']]));
    }
    await world.stop(other);
  });
});
