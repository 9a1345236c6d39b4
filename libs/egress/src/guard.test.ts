// SPDX-License-Identifier: Apache-2.0
// Hostile destinations: as a literal, as a DNS answer, as a redirect. Two servers on the loopback stand where most of
// them lead; nothing may ever connect to them. Every rule here allows the host by name, so that only the guard on
// addresses stands between.
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEgress } from './egress.js';
import type { EgressRequest } from './egress.js';
import { EgressError } from './errors.js';
import { guardedLookup } from './lookup.js';
import { checkRule } from './rule.js';
import type { EgressRule } from './rule.js';

const literals: Record<string, readonly string[]> = {
  'loopback in all spellings': ['127.0.0.1', '127.0.0.2', '127.1', '127.0.1', '127.255.255.254', '2130706433', '0x7f000001', '0x7f.1', '0x7F.0.0.1', '017700000001', '0177.0.0.1', '127.0.0.1.', '%31%32%37.0.0.1', '\uff11\uff12\uff17.0.0.1', '127\u30020\u30020\u30021', '[::1]', '[0:0:0:0:0:0:0:1]', '[0000:0000:0000:0000:0000:0000:0000:0001]'],
  'IPv4 inside IPv6': ['[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[0:0:0:0:0:ffff:7f00:0001]', '[::127.0.0.1]', '[::7f00:1]', '[::ffff:0:127.0.0.1]', '[64:ff9b::127.0.0.1]', '[64:ff9b::7f00:1]', '[64:ff9b:1::7f00:1]', '[2002:7f00:1::]', '[2002:a9fe:a9fe::1]', '[2001:0:7f00:1::]', '[::ffff:10.0.0.1]', '[::ffff:169.254.169.254]'],
  'private networks': ['10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1', '192.168.1.1', '0xc0a80101', '[fc00::1]', '[fd12:3456:789a::1]', '[fec0::1]'],
  'link-local and metadata services': ['169.254.169.254', '0xa9fea9fe', '2852039166', '0251.0376.0251.0376', '169.254.170.2', '[fe80::1]', '[fe80::a9fe:a9fe]', '[fd00:ec2::254]', '100.100.100.200'],
  'carrier-grade NAT': ['100.64.0.1', '100.127.255.254'],
  unspecified: ['0.0.0.0', '0', '0.1.2.3', '[::]'],
  'multicast and broadcast': ['224.0.0.1', '239.255.255.255', '255.255.255.255', '[ff02::1]', '[ff0e::1]'],
  'reserved and special': ['240.0.0.1', '192.0.0.1', '192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1', '192.88.99.1', '[2001:db8::1]', '[100::1]', '[3fff::1]', '[5f00::1]', '[2001:10::1]', '[2001:2::1]', '[4000::1]'],
};
const all = Object.entries(literals).flatMap(([kind, hosts]) => hosts.map((host) => [kind, host] as const));

let tripwires: Server[] = [];
let touched = 0;
let port = 0;

beforeAll(async () => {
  const listen = (host: string, at: number) =>
    new Promise<Server>((resolve, reject) => {
      const server = createServer((socket) => {
        touched++;
        socket.destroy();
      });
      server.once('error', reject);
      server.listen(at, host, () => resolve(server));
    });
  const v4 = await listen('127.0.0.1', 0);
  port = (v4.address() as AddressInfo).port;
  // A machine without IPv6 has nothing there to trip over.
  const v6 = await listen('::1', port).catch(() => undefined);
  tripwires = v6 ? [v4, v6] : [v4];
});

afterAll(async () => {
  await Promise.all(tripwires.map((server) => new Promise((resolve) => server.close(resolve))));
});

const ruleFor = (host: string, more: Partial<EgressRule> = {}): EgressRule => ({ hosts: [host], ports: [port], methods: ['GET', 'POST'], schemes: ['http'], ...more });
/** The host as the rule must name it to let the literal past the allow-list. */
const named = (literal: string) => new URL(`http://${literal}/`).hostname;

async function attempt(request: EgressRequest, answers?: (hostname: string) => string[]): Promise<EgressError> {
  const egress = createEgress(answers ? { resolver: (hostname) => Promise.resolve(answers(hostname)) } : {});
  try {
    const response = await egress.request({ timeoutMs: 2000, ...request });
    throw new Error(`${request.url} answered ${response.status}`);
  } catch (error) {
    if (error instanceof EgressError) return error;
    throw error;
  } finally {
    await egress.close();
  }
}

test('the list is not shorter than it was', () => expect(all.length).toBeGreaterThanOrEqual(75));

describe('as a literal', () => {
  test.each(all)('%s: %s is refused before anything is connected', async (_, literal) => {
    const before = touched;
    const error = await attempt({ url: `http://${literal}:${port}/latest/meta-data`, rule: ruleFor(named(literal)) });
    expect(error).toMatchObject({ code: 'egress_refused', requestSent: false, retryable: false, outcome: 'failed', details: { reason: 'address' } });
    expect(touched).toBe(before);
  });
});

describe('as a DNS answer', () => {
  test.each(all)('%s: a name that resolves to %s is refused, alone and among good answers', async (_, literal) => {
    const before = touched;
    const address = named(literal).replace(/^\[|\]$/g, '');
    for (const answers of [[address], ['93.184.215.14', address], [address, '2606:2800:21f:cb07:6820:80da:af6b:8b2c']]) {
      const error = await attempt({ url: `http://innocent.example:${port}/`, rule: ruleFor('innocent.example') }, () => answers);
      expect(error).toMatchObject({ code: 'egress_refused', requestSent: false, retryable: false, details: { reason: 'address' } });
    }
    expect(touched).toBe(before);
  });

  test.each(['fe80::1%eth0', '::1%lo', 'localhost', '', '127.0.0.1:80'])('an answer that is no plain address is refused: %j', async (answer) => {
    expect(await attempt({ url: `http://innocent.example:${port}/`, rule: ruleFor('innocent.example') }, () => [answer])).toMatchObject({ code: 'egress_refused', details: { reason: 'address' } });
  });

  test('names of this machine are refused with the real resolver', async () => {
    for (const host of ['localhost', 'LOCALHOST']) {
      const error = await attempt({ url: `http://${host}:${port}/`, rule: ruleFor(host) });
      expect(error).toMatchObject({ code: 'egress_refused', details: { reason: 'address' } });
    }
  });
});

describe('as a redirect', () => {
  let location = '';
  let answers: Record<string, string[]> = {};
  const redirector = createHttpServer((_, response) => response.writeHead(302, { location: Buffer.from(location).toString('latin1') }).end());
  let from = 0;
  beforeAll(async () => {
    await new Promise<void>((resolve) => redirector.listen(0, '127.0.0.1', () => resolve()));
    from = (redirector.address() as AddressInfo).port;
  });
  afterAll(() => new Promise((resolve) => redirector.close(resolve)));

  const follow = async (target: string, hosts: string[]) => {
    location = target;
    return attempt({ url: `http://start.internal:${from}/`, rule: { hosts: ['start.internal', ...hosts], ports: [from, port], methods: ['GET'], schemes: ['http'], allowPrivate: true } }, (name) => answers[name] ?? ['127.0.0.1']);
  };

  test.each(all)('%s: %s is refused', async (_, literal) => {
    const before = touched;
    expect(await follow(`http://${literal}:${port}/`, [])).toMatchObject({ code: 'egress_refused', requestSent: true, retryable: false });
    expect(touched).toBe(before);
  });

  const never = all.filter(([, literal]) => !/^(?:127|10|172|192\.168|100|fd|fc|::1$|::ffff:(?:7f|a00))/.test(named(literal).replace('[', '').replace(/\]$/, '')));
  test.each(never)('%s: %s is refused even by a rule that names it and opens private ranges', async (_, literal) => {
    expect(await follow(`http://${literal}:${port}/`, [named(literal)])).toMatchObject({ code: 'egress_refused', details: { reason: 'address' } });
    answers = { 'moved.internal': [named(literal).replace(/^\[|\]$/g, '')] };
    expect(await follow(`http://moved.internal:${port}/`, ['moved.internal'])).toMatchObject({ code: 'egress_refused', details: { reason: 'address' } });
  });

  test.each(['file:///etc/passwd', 'ftp://start.internal/', 'gopher://start.internal/', 'data:text/plain,x', 'javascript:alert(1)', 'https://start.internal/', '//user:pw@start.internal/', 'http://start.internal:1/', 'http://[/'])('to %s is refused', async (target) => {
    expect(await follow(target, [])).toMatchObject({ code: 'egress_refused', requestSent: true });
  });
});

describe('rebinding', () => {
  test('the connection goes to the address that was checked, and the name is asked once', async () => {
    let asked = 0;
    const seen: string[] = [];
    const server = createHttpServer((request, response) => {
      seen.push(request.headers.host ?? '');
      response.end('ok');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const at = (server.address() as AddressInfo).port;
    const egress = createEgress({ resolver: () => Promise.resolve(asked++ === 0 ? ['127.0.0.1'] : ['169.254.169.254']) });
    const rule: EgressRule = { hosts: ['rebind.internal'], ports: [at], methods: ['GET'], schemes: ['http'], allowPrivate: true };
    expect((await egress.request({ url: `http://rebind.internal:${at}/`, rule })).status).toBe(200);
    expect(asked).toBe(1);
    expect(seen).toEqual([`rebind.internal:${at}`]);
    await egress.close();
    // The next connection asks again, and is refused by what the name says now.
    await expect(egress.request({ url: `http://rebind.internal:${at}/`, rule })).rejects.toMatchObject({ code: 'egress_refused', details: { range: 'linkLocal' } });
    await egress.close();
    await new Promise((resolve) => server.close(resolve));
  });

  test('a connection that one rule opened does not serve a stricter one', async () => {
    const server = createHttpServer((_, response) => response.end('ok'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const at = (server.address() as AddressInfo).port;
    const egress = createEgress({ resolver: () => Promise.resolve(['127.0.0.1']) });
    const rule: EgressRule = { hosts: ['a.internal'], ports: [at], methods: ['GET'], schemes: ['http'] };
    await egress.request({ url: `http://a.internal:${at}/`, rule: { ...rule, allowPrivate: true } });
    await expect(egress.request({ url: `http://a.internal:${at}/`, rule })).rejects.toMatchObject({ code: 'egress_refused' });
    await egress.close();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('the allow-list', () => {
  const rule: EgressRule = { hosts: ['api.example', '*.wild.example'], ports: [443], methods: ['GET'] };
  test.each([
    ['scheme', 'http://api.example/'],
    ['scheme', 'file:///etc/passwd'],
    ['scheme', 'ftp://api.example/'],
    ['scheme', 'ws://api.example/'],
    ['scheme', 'gopher://api.example:443/_x'],
    ['scheme', 'javascript:alert(1)'],
    ['scheme', 'data:,x'],
    ['scheme', 'http+unix://%2fvar%2frun%2fdocker.sock/'],
    ['port', 'https://api.example:8443/'],
    ['port', 'https://api.example:80/'],
    ['host', 'https://evil.example/'],
    ['host', 'https://api.example.evil.example/'],
    ['host', 'https://notapi.example/'],
    ['host', 'https://api.example./'],
    ['host', 'https://wild.example/'],
    ['host', 'https://evilwild.example/'],
    ['host', 'https://api.example%2eevil.example/'],
    ['host', 'https://api\u3002example.evil.example/'],
    ['host', 'https:\\\\evil.example\\@api.example/'],
    ['host', 'https://evil.example\\.api.example/'],
    ['host', 'https://127.0.0.1/'],
    ['credentials', 'https://api.example@evil.example/'],
    ['credentials', 'https://evil.example@api.example/'],
    ['credentials', 'https://:pw@api.example/'],
    ['url', 'https://'],
    ['url', '/relative'],
    ['url', ''],
    ['url', 'https://api.example:99999/'],
    ['url', 'https://a b/'],
  ])('%s: %s is refused', async (reason, url) => {
    const error = await attempt({ url, rule }, () => {
      throw new Error('nothing may be looked up');
    });
    expect(error).toMatchObject({ code: 'egress_refused', requestSent: false, details: { reason } });
  });

  test('another method is refused', async () => {
    expect(await attempt({ url: 'https://api.example/', method: 'POST', rule })).toMatchObject({ details: { reason: 'method' } });
    expect(await attempt({ url: 'https://api.example/', method: 'get', rule })).toMatchObject({ details: { reason: 'method' } });
  });

  test('a name below a wildcard passes the list, spelled in any case', async () => {
    for (const url of ['https://a.wild.example/', 'https://A.B.WILD.example/', 'https://API.example:443/']) {
      expect(await attempt({ url, rule }, () => ['127.0.0.1'])).toMatchObject({ details: { reason: 'address' } });
    }
  });

  test.each([
    [{ hosts: [] }],
    [{ hosts: ['*'] }],
    [{ hosts: ['*.example'] }],
    [{ hosts: ['*.127.0.0.1'] }],
    [{ hosts: ['a.*.example'] }],
    [{ hosts: ['https://api.example'] }],
    [{ hosts: ['api.example:443'] }],
    [{ hosts: ['api.example/path'] }],
    [{ hosts: ['u@api.example'] }],
    [{ hosts: ['api.example.'] }],
    [{ hosts: [''] }],
    [{ hosts: ['*.wild.example'], allowPrivate: true }],
    [{ ports: [] }],
    [{ ports: [0] }],
    [{ ports: [65_536] }],
    [{ ports: [1.5] }],
    [{ methods: [] }],
    [{ methods: ['get'] }],
    [{ methods: ['CONNECT'] }],
    [{ schemes: [] }],
  ])('a rule with %j is not a rule', (change) => {
    expect(() => checkRule({ ...rule, ...change })).toThrow(EgressError);
  });
});

describe('the lookup on its own, as clients of databases and brokers use it', () => {
  const ask = (answers: string[], options: { all?: boolean; family?: number | 'IPv4' | 'IPv6' } = {}, allowPrivate = false) =>
    new Promise<unknown>((resolve) => guardedLookup(() => Promise.resolve(answers), allowPrivate)('db.example', options, (error, address, family) => resolve(error ?? (options.all ? address : [address, family]))));

  test('gives what was checked, all or one, of the wanted family', async () => {
    const answers = ['93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c'];
    expect(await ask(answers, { all: true })).toEqual([{ address: answers[0], family: 4 }, { address: answers[1], family: 6 }]);
    expect(await ask(answers)).toEqual([answers[0], 4]);
    expect(await ask(answers, { family: 6 })).toEqual([answers[1], 6]);
    expect(await ask(answers, { family: 'IPv4', all: true })).toEqual([{ address: answers[0], family: 4 }]);
  });

  test('refuses bad and mixed answers, and says when there are none', async () => {
    expect(await ask(['10.0.0.1'])).toMatchObject({ code: 'egress_refused' });
    expect(await ask(['93.184.215.14', '10.0.0.1'], { all: true })).toMatchObject({ code: 'egress_refused' });
    expect(await ask(['10.0.0.1'], {}, true)).toEqual(['10.0.0.1', 4]);
    expect(await ask(['169.254.169.254'], {}, true)).toMatchObject({ code: 'egress_refused' });
    expect(await ask([])).toMatchObject({ code: 'request_not_sent', retryable: true });
    expect(await ask(['93.184.215.14'], { family: 6 })).toMatchObject({ code: 'request_not_sent' });
  });
});
