// SPDX-License-Identifier: Apache-2.0
// Who gets in, and what is answered to those who do not (abuse cases 12 and 13 of trust.md).
import { request as httpRequest } from 'node:http';
import { derivedId, RequestChanged, VerdictGiven } from '@nervus/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConsoleWorld, requestOf, verdictBody } from './console-world.js';

let world: ConsoleWorld;
let request: RequestChanged;
beforeAll(async () => {
  world = await ConsoleWorld.open();
  request = requestOf(1);
  await world.publish(RequestChanged, request.requestId, request);
  await world.eventually('nora', `/api/requests/${request.requestId}`, (body) => body.request !== undefined);
});
afterAll(() => world.close());

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** As a browser or anything else would send it: also what fetch would not let through. */
function send(method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(world.url(path), { method, headers: { ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }), ...headers } }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks).toString() }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
const codeOf = ({ body }: Answer): string => (JSON.parse(body) as { code: string }).code;
const own = (): Record<string, string> => ({ origin: world.url(), 'content-type': 'application/json' });
const logIn = (token: string, headers: Record<string, string> = {}): Promise<Answer> => send('POST', '/api/session', { ...own(), ...headers }, JSON.stringify({ token }));

/** Cookie and CSRF token of a new session. */
async function session(person: string): Promise<{ cookie: string; csrf: string; set: string }> {
  world.handOut();
  const answer = await logIn(world.secretsOf(person).link);
  expect(answer.status).toBe(200);
  const set = String(answer.headers['set-cookie']);
  const cookie = set.split(';')[0] ?? '';
  const { csrfToken } = JSON.parse((await send('GET', '/api/session', { cookie })).body) as { csrfToken: string };
  return { cookie, csrf: csrfToken, set };
}
const verdictHeaders = (key: string): Record<string, string> => ({ ...own(), 'idempotency-key': key, 'if-match': '"1"' });
const verdictPath = (): string => `/api/requests/${request.requestId}/verdicts`;
const verdicts = (): number => world.mesh.of(VerdictGiven).length;

describe('a one-time link', () => {
  it('opens one session, once; the cookie is for this host and no script', async () => {
    world.handOut();
    const { link } = world.secretsOf('nora');
    const [first, second] = await Promise.all([logIn(link), logIn(link)]);
    expect([first.status, second.status].toSorted((a, b) => a - b)).toEqual([200, 401]);
    const set = String((first.status === 200 ? first : second).headers['set-cookie']);
    expect(set).toMatch(/^nervus_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
    expect(await logIn(link)).toMatchObject({ status: 401 });
  });

  it('is refused late, guessed, from another origin, through a proxy and under a foreign host name', async () => {
    world.handOut({ linkExpiresAt: new Date(Date.now() - 1).toISOString() });
    expect(codeOf(await logIn(world.secretsOf('nora').link))).toBe('link_refused');
    expect(codeOf(await logIn('x'.repeat(43)))).toBe('link_refused');
    world.handOut();
    const { link } = world.secretsOf('nora');
    expect(await logIn(link, { origin: 'http://evil.example' })).toMatchObject({ status: 403 });
    expect(codeOf(await logIn(link, { 'x-forwarded-for': '10.0.0.1' }))).toBe('not_local');
    expect((await logIn(link, { host: 'evil.example' })).status).toBe(404);
    expect((await send('POST', '/api/session', { 'content-type': 'application/json' }, JSON.stringify({ token: link }))).status).toBe(403);
    expect((await logIn(link)).status).toBe(200);
  });

  it('a token is no link, and a link no token', async () => {
    world.handOut();
    const { link, token } = world.secretsOf('nora');
    expect((await logIn(token)).status).toBe(401);
    expect((await send('GET', '/api/requests', { authorization: `Bearer ${link}` })).status).toBe(401);
  });
});

describe('looking decides nothing', () => {
  it('every way of fetching a page or an address, also by preview and prefetch, gives no verdict', async () => {
    const { cookie } = await session('nora');
    const paths = ['/', `/requests/${request.requestId}`, `/parts/requests/${request.requestId}`, '/intelligence', '/login', verdictPath(), `/api/requests/${request.requestId}`];
    for (const path of paths) {
      for (const method of ['GET', 'HEAD', 'OPTIONS']) {
        for (const headers of [{ cookie }, { cookie, purpose: 'prefetch', 'sec-purpose': 'prefetch' }, {}]) await send(method, path, headers as Record<string, string>);
      }
    }
    expect(codeOf(await send('GET', verdictPath(), { cookie }))).toBe('not_found');
    expect(verdicts()).toBe(0);
  });
});

describe('a verdict by browser', () => {
  it('needs login, our origin, the token of the session, the role, a key and a revision', async () => {
    const body = JSON.stringify(verdictBody(request));
    const { cookie, csrf } = await session('nora');
    const good = { ...verdictHeaders('door-verdict-1'), cookie, 'x-csrf-token': csrf };
    const without = (name: string): Record<string, string> => Object.fromEntries(Object.entries(good).filter(([header]) => header !== name));
    const given = async (headers: Record<string, string>, text = body): Promise<string> => {
      const answer = await send('POST', verdictPath(), headers, text);
      return `${answer.status} ${codeOf(answer)}`;
    };
    expect(await given(without('cookie'))).toBe('401 not_logged_in');
    expect(await given(without('origin'))).toBe('403 foreign_origin');
    expect(await given({ ...good, origin: 'http://localhost:1' })).toBe('403 foreign_origin');
    expect(await given({ ...good, 'sec-fetch-site': 'cross-site' })).toBe('403 foreign_origin');
    expect(await given(without('x-csrf-token'))).toBe('403 csrf_token_missing');
    expect(await given({ ...good, 'x-csrf-token': (await session('theo')).csrf })).toBe('403 csrf_token_missing');
    expect(await given(without('idempotency-key'))).toBe('400 idempotency_key_missing');
    expect(await given(without('if-match'))).toBe('428 revision_missing');
    expect(await given({ ...good, 'content-type': 'text/plain' })).toBe('415 media_type');
    expect(await given({ ...good, 'content-type': 'application/x-www-form-urlencoded' }, 'verdict=approve')).toBe('415 media_type');
    expect(await given(good, '{')).toBe('400 body_invalid');
    expect(await given(good, JSON.stringify({ ...verdictBody(request), approved: true }))).toBe('400 body_invalid');
    expect(await given(good, JSON.stringify({ ...verdictBody(request), reason: 'x'.repeat(2001) }))).toBe('400 body_invalid');
    expect(await given(good, JSON.stringify({ ...verdictBody(request), reason: 'x'.repeat(1_000_000) }))).toBe('413 body_too_large');
    const olga = await session('olga');
    expect(await given({ ...good, cookie: olga.cookie, 'x-csrf-token': olga.csrf })).toBe('403 role_missing');
    expect(verdicts()).toBe(0);
    expect(await given(good)).toBe('202 pending');
    expect(verdicts()).toBe(1);
  });

  it('a session that was logged out is over, also for who kept its cookie', async () => {
    const { cookie, csrf } = await session('nora');
    expect((await send('GET', '/api/requests', { cookie })).status).toBe(200);
    expect((await send('DELETE', '/api/session', { ...own(), cookie })).status).toBe(403);
    const out = await send('DELETE', '/api/session', { ...own(), cookie, 'x-csrf-token': csrf });
    expect([out.status, String(out.headers['set-cookie'])]).toEqual([200, expect.stringMatching(/^nervus_session=; .*Max-Age=0$/)]);
    expect((await send('GET', '/api/requests', { cookie })).status).toBe(401);
  });
});

describe('strangers', () => {
  it('learn nothing: every address asks for a login first, and what is not there looks alike', async () => {
    const ids = [request.requestId, derivedId('none'), 'x'];
    expect(new Set(await Promise.all(ids.map(async (id) => (await send('GET', `/api/requests/${id}`)).body))).size).toBe(1);
    const token = { authorization: `Bearer ${world.secretsOf('nora').token}` };
    const missing = await Promise.all(['/api/requests/x', `/api/requests/${derivedId('none')}`, `/api/requests/${derivedId('none')}/chain`, '/api/nothing', '/api', '/api/commands/x', '/api/requests/%ff'].map(async (path) => (await send('GET', path, token)).body));
    expect(new Set(missing).size).toBe(1);
    expect(JSON.parse(missing[0] ?? '')).toMatchObject({ status: 404, code: 'not_found' });
  });

  it('are sent to the login from pages', async () => {
    expect(await send('GET', `/requests/${request.requestId}`)).toMatchObject({ status: 303, headers: { location: '/login' } });
    expect((await send('GET', '/login')).status).toBe(200);
  });

  it('get no CORS, no frame, no script of others and no way around types', async () => {
    const answer = await send('GET', '/login', { origin: 'http://evil.example' });
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    const csp = String(answer.headers['content-security-policy']);
    for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'"]) expect(csp).toContain(part);
    expect(csp).not.toContain('unsafe');
    expect(answer.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY', 'cache-control': 'no-store' });
    expect(answer.headers['x-powered-by']).toBeUndefined();
    expect(answer.body).not.toMatch(/<script>|style=|onclick/);
  });

  it('who guesses links by the dozen is told to wait, and shuts nobody out', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 12; n++) statuses.push((await logIn('y'.repeat(43))).status);
    expect(statuses.at(-1)).toBe(429);
    expect(Number((await logIn('y'.repeat(43))).headers['retry-after'])).toBeGreaterThan(0);
    world.handOut();
    expect((await logIn(world.secretsOf('nora').link)).status).toBe(200);
  });
});
