// SPDX-License-Identifier: Apache-2.0
// What passes, against real servers on the loopback that the rule opens by name; and what became of what does not come back.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createEgress } from './egress.js';
import type { EgressRequest } from './egress.js';
import { EgressError } from './errors.js';
import type { EgressRule } from './rule.js';

interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
  connection: number;
}

const seen: Seen[] = [];
const answers = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>();
let connections = 0;
let port = 0;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const url = request.url ?? '';
    seen.push({ method: request.method ?? '', url, headers: request.headers, body: Buffer.concat(chunks).toString(), connection: Number(Reflect.get(request.socket, 'nth')) });
    const answer = answers.get(url.split('?')[0] ?? '');
    if (answer) answer(request, response);
    else response.writeHead(200, { 'content-type': 'text/plain' }).end('ok');
  });
});
server.on('connection', (socket) => Reflect.set(socket, 'nth', ++connections));

const egress = createEgress({ resolver: (hostname) => (hostname.endsWith('.internal') ? Promise.resolve(['127.0.0.1']) : Promise.reject(new Error(`no ${hostname} here`))) });
const listening = (listener: Server) => new Promise<number>((resolve) => listener.listen(0, '127.0.0.1', () => resolve((listener.address() as AddressInfo).port)));

beforeAll(async () => {
  port = await listening(server);
});
afterEach(() => {
  seen.length = 0;
  answers.clear();
});
afterAll(async () => {
  await egress.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const rule = (more: Partial<EgressRule> = {}): EgressRule => ({ hosts: ['a.internal', 'b.internal'], ports: [port], methods: ['GET', 'HEAD', 'POST', 'PUT'], schemes: ['http'], allowPrivate: true, ...more });
const get = (path: string, more: Partial<EgressRequest> = {}) => egress.request({ url: `http://a.internal:${port}${path}`, rule: rule(), timeoutMs: 5000, ...more });

async function failure(request: Promise<unknown>): Promise<EgressError> {
  try {
    await request;
  } catch (error) {
    if (error instanceof EgressError) return error;
    throw error;
  }
  throw new Error('the request succeeded');
}

describe('what is allowed', () => {
  test('arrives as it was given and comes back whole', async () => {
    answers.set('/x', (_, response) => response.writeHead(201, { 'Content-Type': 'application/json', 'X-Two': ['1', '2'], 'Set-Cookie': 'a=1' }).end('{"é":1}'));
    const response = await get('/x?q=%2f', { method: 'POST', headers: { 'Idempotency-Key': 'k1', 'Content-Type': 'application/json' }, body: '{"ü":2}' });
    expect(response).toMatchObject({ status: 201, url: `http://a.internal:${port}/x?q=%2f`, headers: { 'content-type': 'application/json', 'x-two': '1, 2' } });
    expect(response.headers).not.toHaveProperty('set-cookie');
    expect(response.rawHeaders).toContain('X-Two');
    expect(response.body.toString()).toBe('{"é":1}');
    expect(seen).toMatchObject([{ method: 'POST', url: '/x?q=%2f', body: '{"ü":2}', headers: { host: `a.internal:${port}`, 'idempotency-key': 'k1', 'content-length': '8', 'user-agent': 'nervus' } }]);
  });

  test.each([200, 204, 304, 404, 409, 429, 500, 503])('status %i is a response, not an error', async (status) => {
    answers.set('/x', (_, response) => response.writeHead(status).end());
    expect(await get('/x')).toMatchObject({ status });
  });

  test('an address by itself is reached when the rule names it', async () => {
    expect((await egress.request({ url: `http://127.1:${port}/`, rule: rule({ hosts: ['127.0.0.1'] }) })).status).toBe(200);
  });

  test('HEAD has no content, whatever its length says', async () => {
    answers.set('/x', (_, response) => response.writeHead(200, { 'content-length': '99999999' }).end());
    expect(await get('/x', { method: 'HEAD' })).toMatchObject({ status: 200, body: Buffer.alloc(0) });
  });

  test('connections are used again for the same rule, and not for another', async () => {
    for (let i = 0; i < 20; i++) await get('/same');
    const same = new Set(seen.map(({ connection }) => connection));
    expect(same.size).toBeLessThanOrEqual(3);
    await get('/other', { rule: rule({ methods: ['GET'] }) });
    expect(same).not.toContain(seen.at(-1)?.connection);
  });

  test.each([
    ['host', 'evil.example'],
    ['Content-Length', '0'],
    ['transfer-encoding', 'chunked'],
    ['connection', 'upgrade'],
    ['upgrade', 'h2c'],
    ['proxy-authorization', 'x'],
    ['expect', '100-continue'],
    ['x-a', 'b\r\nhost: evil.example'],
    ['x a', 'b'],
    ['x-a', 'snow \u2603'],
  ])('the header %s: %j cannot be set', async (name, value) => {
    expect(await failure(get('/', { headers: { [name]: value } }))).toMatchObject({ code: 'egress_refused', requestSent: false, details: { reason: 'header' } });
    expect(seen).toHaveLength(0);
  });

  test('a header given twice in different case is refused', async () => {
    expect(await failure(get('/', { headers: { Authorization: 'a', authorization: 'b' } }))).toMatchObject({ details: { reason: 'header' } });
  });
});

describe('redirects', () => {
  const redirect = (path: string, status: number, location: string) => answers.set(path, (_, response) => response.writeHead(status, { location }).end());

  test('three are followed, the fourth is not', async () => {
    redirect('/1', 302, '/2');
    redirect('/2', 307, '/3#fragment');
    redirect('/3', 308, `http://a.internal:${port}/4`);
    expect(await get('/1')).toMatchObject({ status: 200, url: `http://a.internal:${port}/4` });
    redirect('/0', 301, '/1');
    expect(await failure(get('/0'))).toMatchObject({ code: 'egress_refused', requestSent: true, outcome: 'unknown', details: { reason: 'redirect' } });
  });

  test('none is followed when the caller wants none: the effect was approved for one URL', async () => {
    redirect('/1', 307, '/2');
    expect(await get('/1', { method: 'POST', body: 'x', maxRedirects: 0 })).toMatchObject({ status: 307, headers: { location: '/2' } });
    expect(seen).toHaveLength(1);
    expect(await failure(get('/1', { maxRedirects: 4 }))).toMatchObject({ code: 'egress_refused' });
  });

  test('another host gets no credential, whatever its header is called', async () => {
    redirect('/1', 307, `http://b.internal:${port}/2`);
    await get('/1', { method: 'POST', body: 'x', headers: { authorization: 'Bearer t', cookie: 'a=1', 'x-api-key': 'k', 'signature-input': 's', accept: 'text/plain', 'content-type': 'text/plain' } });
    expect(seen[1]).toMatchObject({ method: 'POST', url: '/2', body: 'x', headers: { host: `b.internal:${port}`, accept: 'text/plain', 'content-type': 'text/plain' } });
    for (const name of ['authorization', 'cookie', 'x-api-key', 'signature-input']) expect(seen[1]?.headers).not.toHaveProperty(name);
  });

  test('the same host gets them still', async () => {
    redirect('/1', 307, '/2');
    await get('/1', { headers: { authorization: 'Bearer t' } });
    expect(seen[1]?.headers).toHaveProperty('authorization', 'Bearer t');
  });

  test.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [302, 'PUT', 'PUT'],
    [307, 'POST', 'POST'],
    [308, 'POST', 'POST'],
    [303, 'HEAD', 'HEAD'],
  ])('%i turns %s into %s', async (status, method, expected) => {
    redirect('/1', status, '/2');
    await get('/1', { method, ...(method === 'HEAD' ? {} : { body: 'x', headers: { 'content-type': 'text/plain', signature: 's' } }) });
    expect(seen[1]).toMatchObject({ method: expected, body: expected === method && method !== 'HEAD' ? 'x' : '' });
    if (expected === 'GET') for (const name of ['content-type', 'content-length', 'signature']) expect(seen[1]?.headers).not.toHaveProperty(name);
  });

  test('to a method that the rule does not have: refused, and said to have been sent', async () => {
    redirect('/1', 303, '/2');
    expect(await failure(get('/1', { method: 'POST', body: 'x', rule: rule({ methods: ['POST'] }) }))).toMatchObject({ code: 'egress_refused', requestSent: true, details: { reason: 'method' } });
  });

  test('a 3xx without location is a response', async () => {
    answers.set('/1', (_, response) => response.writeHead(302).end());
    expect(await get('/1')).toMatchObject({ status: 302 });
  });

  test('what fails after a redirect was sent: a POST is not repeated, a GET may be', async () => {
    redirect('/1', 307, `http://gone.example:${port}/`);
    const hosts = ['a.internal', 'gone.example'];
    expect(await failure(get('/1', { method: 'POST', body: 'x', rule: rule({ hosts }) }))).toMatchObject({ code: 'request_not_sent', requestSent: true, retryable: false });
    expect(await failure(get('/1', { rule: rule({ hosts }) }))).toMatchObject({ code: 'request_not_sent', requestSent: true, retryable: true });
  });
});

describe('limits', () => {
  const text = 'x'.repeat(5000);

  test.each([
    ['gzip', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
    ['zstd', zstdCompressSync(text)],
    ['gzip, br', brotliCompressSync(gzipSync(text))],
    ['identity', Buffer.from(text)],
  ])('%s is decoded, and its size counts decoded', async (coding, content) => {
    answers.set('/x', (_, response) => response.writeHead(200, { 'content-encoding': coding }).end(content));
    expect((await get('/x', { maxResponseBytes: 5000 })).body.toString()).toBe(text);
    expect(await failure(get('/x', { maxResponseBytes: 4999 }))).toMatchObject({ code: 'response_too_large', requestSent: true, retryable: false, details: { status: 200 } });
  });

  test('a bomb is not blown up: 1 KiB that stands for 1 MiB', async () => {
    const bomb = gzipSync(Buffer.alloc(1_048_576));
    expect(bomb.length).toBeLessThan(2048);
    answers.set('/x', (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb));
    expect(await failure(get('/x', { maxResponseBytes: 100_000 }))).toMatchObject({ code: 'response_too_large' });
  });

  test('more bytes than announced to be accepted end the request at once', async () => {
    let ended = false;
    answers.set('/x', (request, response) => {
      request.socket.on('close', () => (ended = true));
      response.writeHead(200, { 'content-length': '1000000' });
      response.write('x');
    });
    expect(await failure(get('/x', { maxResponseBytes: 1000 }))).toMatchObject({ code: 'response_too_large' });
    await expect.poll(() => ended).toBe(true);
  });

  test('an endless answer is cut off', async () => {
    answers.set('/x', (_, response) => {
      const timer = setInterval(() => response.write('x'.repeat(1000)), 1);
      response.on('close', () => clearInterval(timer));
    });
    expect(await failure(get('/x', { maxResponseBytes: 10_000 }))).toMatchObject({ code: 'response_too_large' });
  });

  test.each(['compress', 'gzip, gzip, gzip', 'gzip'])('content that says %s and is not is refused', async (coding) => {
    answers.set('/x', (_, response) => response.writeHead(200, { 'content-encoding': coding }).end('plain'));
    expect(await failure(get('/x'))).toMatchObject({ code: 'response_refused', requestSent: true, details: { status: 200 } });
  });

  test('another content type than the wanted is refused, for successes only', async () => {
    answers.set('/html', (_, response) => response.writeHead(200, { 'content-type': 'text/HTML; charset=utf-8' }).end('<p>'));
    answers.set('/error', (_, response) => response.writeHead(500, { 'content-type': 'text/html' }).end('<p>'));
    expect(await failure(get('/html', { contentTypes: ['application/json'] }))).toMatchObject({ code: 'response_refused', details: { status: 200 } });
    expect(await get('/html', { contentTypes: ['text/html'] })).toMatchObject({ status: 200 });
    expect(await get('/error', { contentTypes: ['application/json'] })).toMatchObject({ status: 500 });
  });

  test('headers without end are refused', async () => {
    answers.set('/x', (_, response) => response.writeHead(200, { 'x-a': 'a'.repeat(40_000) }).end());
    expect(await failure(get('/x'))).toMatchObject({ code: 'response_refused', requestSent: true });
  });
});

/** A server that speaks no HTTP but what the test writes. */
async function withTcp(onConnection: (socket: Socket) => void, run: (port: number) => Promise<void>): Promise<void> {
  const sockets = new Set<Socket>();
  const listener = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  const at = await listening(listener);
  try {
    await run(at);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => listener.close(resolve));
  }
}

describe('was anything sent?', () => {
  const at = (to: number, more: Partial<EgressRequest> = {}) => egress.request({ url: `http://a.internal:${to}/`, method: 'POST', body: 'x', rule: rule({ ports: [to] }), timeoutMs: 5000, ...more });

  test('connection refused: certainly not', async () => {
    const free = createTcpServer();
    const closed = await listening(free);
    await new Promise((resolve) => free.close(resolve));
    expect(await failure(at(closed))).toMatchObject({ code: 'request_not_sent', requestSent: false, retryable: true, outcome: 'failed' });
  });

  test('a name that nobody knows: certainly not', async () => {
    expect(await failure(egress.request({ url: 'https://nowhere.example/', rule: { hosts: ['nowhere.example'], ports: [443], methods: ['GET'] } }))).toMatchObject({ code: 'request_not_sent', requestSent: false, retryable: true, details: { reason: 'dns' } });
  });

  test('a resolver that never answers: certainly not, and in time', async () => {
    const slow = createEgress({ resolver: () => new Promise(() => {}) });
    const started = performance.now();
    const error = await failure(slow.request({ url: 'https://slow.example/', method: 'POST', rule: { hosts: ['slow.example'], ports: [443], methods: ['POST'] }, timeoutMs: 100 }));
    expect(error).toMatchObject({ code: 'request_not_sent', requestSent: false, retryable: true });
    expect(performance.now() - started).toBeLessThan(3000);
  });

  test('a request given up while it waits for a connection never reaches the target', async () => {
    const narrow = createEgress({ resolver: () => Promise.resolve(['127.0.0.1']), connectionsPerHost: 1 });
    let release: () => void = () => {};
    answers.set('/slow', (_, response) => (release = () => response.end('ok')));
    const first = narrow.request({ url: `http://a.internal:${port}/slow`, rule: rule() });
    await expect.poll(() => seen.length).toBe(1);
    const error = await failure(narrow.request({ url: `http://a.internal:${port}/second`, method: 'POST', body: 'x', rule: rule(), timeoutMs: 50 }));
    expect(error).toMatchObject({ code: 'request_not_sent', requestSent: false, outcome: 'failed' });
    release();
    await first;
    await narrow.request({ url: `http://a.internal:${port}/third`, rule: rule() });
    expect(seen.map(({ url }) => url)).toEqual(['/slow', '/third']);
    await narrow.close();
  });

  test('no answer in time: nobody knows', async () => {
    await withTcp(() => {}, async (to) => {
      expect(await failure(at(to, { timeoutMs: 200 }))).toMatchObject({ code: 'outcome_unknown', requestSent: true, retryable: false, outcome: 'unknown' });
      expect(await failure(at(to, { timeoutMs: 200, method: 'GET', body: '' }))).toMatchObject({ code: 'outcome_unknown', retryable: true });
    });
  });

  test('the connection breaks before, in the middle of, or short of the answer: nobody knows', async () => {
    for (const part of ['', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345']) {
      await withTcp((socket) => socket.on('data', () => socket.end(part)), async (to) => {
        expect(await failure(at(to)), part).toMatchObject({ code: 'outcome_unknown', requestSent: true, retryable: false });
      });
      await withTcp((socket) => socket.on('data', () => socket.write(part, () => socket.resetAndDestroy())), async (to) => {
        expect(await failure(at(to)), part).toMatchObject({ code: 'outcome_unknown', requestSent: true });
      });
    }
  });

  test('an answer that stalls in the middle: nobody knows', async () => {
    answers.set('/x', (_, response) => response.writeHead(200).write('half'));
    expect(await failure(get('/x', { timeoutMs: 200 }))).toMatchObject({ code: 'outcome_unknown', requestSent: true, details: { status: 200 } });
  });

  test('an answer that is not HTTP is refused, and something was sent', async () => {
    await withTcp((socket) => socket.on('data', () => socket.end('SSH-2.0-OpenSSH_9.9\r\n')), async (to) => {
      expect(await failure(at(to))).toMatchObject({ code: 'response_refused', requestSent: true });
    });
  });

  test("the caller's signal: before sending nothing happened, afterwards nobody knows", async () => {
    expect(await failure(get('/', { signal: AbortSignal.abort() }))).toMatchObject({ code: 'request_aborted', requestSent: false, outcome: 'failed' });
    expect(seen).toHaveLength(0);
    const caller = new AbortController();
    answers.set('/x', () => caller.abort());
    expect(await failure(get('/x', { method: 'POST', signal: caller.signal }))).toMatchObject({ code: 'request_aborted', requestSent: true, outcome: 'unknown' });
  });

  test('no message or detail holds the query, where tokens are', async () => {
    const error = await failure(egress.request({ url: `http://a.internal:1/hook?token=secret`, rule: rule({ ports: [1] }) }));
    expect(error.code).toBe('request_not_sent');
    expect(JSON.stringify([error.message, error.details])).not.toContain('secret');
  });
});

describe('over TLS', () => {
  const openssl = (() => {
    try {
      return execFileSync('openssl', ['version']).length > 0;
    } catch {
      return false;
    }
  })();

  test('a certificate must be for the name and by a known authority; otherwise nothing was sent', async ({ skip }) => {
    skip(!openssl, 'openssl is not installed');
    const folder = mkdtempSync(join(tmpdir(), 'nervus-egress-'));
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1', '-subj', '/CN=a.internal', '-addext', 'subjectAltName=DNS:a.internal', '-keyout', join(folder, 'key'), '-out', join(folder, 'cert')], { stdio: 'ignore' });
    const [key, cert] = [readFileSync(join(folder, 'key'), 'utf8'), readFileSync(join(folder, 'cert'), 'utf8')];
    rmSync(folder, { recursive: true });
    let requests = 0;
    const secure = createHttpsServer({ key, cert }, (_, response) => {
      requests++;
      response.end('ok');
    });
    const to = await listening(secure);
    const resolver = () => Promise.resolve(['127.0.0.1']);
    const trusting = createEgress({ resolver, certificateAuthorities: [cert] });
    const plain = createEgress({ resolver });
    const secureRule = rule({ ports: [to], schemes: ['https'] });
    expect(await trusting.request({ url: `https://a.internal:${to}/`, rule: secureRule })).toMatchObject({ status: 200 });
    expect(await failure(trusting.request({ url: `https://b.internal:${to}/`, rule: secureRule, method: 'POST' }))).toMatchObject({ code: 'request_not_sent', requestSent: false });
    expect(await failure(plain.request({ url: `https://a.internal:${to}/`, rule: secureRule, method: 'POST' }))).toMatchObject({ code: 'request_not_sent', requestSent: false });
    expect(await failure(trusting.request({ url: `https://a.internal:${port}/`, rule: rule({ schemes: ['https'] }), method: 'POST' }))).toMatchObject({ code: 'request_not_sent', requestSent: false });
    expect(requests).toBe(1);
    await Promise.all([trusting.close(), plain.close()]);
    secure.closeAllConnections();
    await new Promise((resolve) => secure.close(resolve));
  });
});
