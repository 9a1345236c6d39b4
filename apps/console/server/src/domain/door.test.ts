// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Door, type Knock } from './door.js';

const knock = (changes: Partial<Knock> = {}): Knock => ({ method: 'POST', host: 'localhost:4400', origin: 'http://localhost:4400', fetchSite: 'same-origin', remoteAddress: '127.0.0.1', forwarded: false, ...changes });
const local = new Door('', 4400);
const codeOf = (door: Door, given: Knock, needsOrigin = true): string => {
  try {
    door.check(given, needsOrigin);
    return 'in';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('the door', () => {
  it.each([
    ['our own page', {}, 'in'],
    ['our own page at the other loopback name', { host: '127.0.0.1:4400', origin: 'http://127.0.0.1:4400' }, 'in'],
    ['a page of another origin', { origin: 'http://localhost:8080' }, 'foreign_origin'],
    ['an opaque origin', { origin: 'null' }, 'foreign_origin'],
    ['no origin at all', { origin: undefined }, 'foreign_origin'],
    ['a foreign name that resolves to this machine', { host: 'evil.example:4400', origin: 'http://evil.example:4400' }, 'not_found'],
    ['no host', { host: undefined }, 'not_found'],
    ['a cross-site request that forged no origin', { fetchSite: 'cross-site' }, 'foreign_origin'],
    ['a link from elsewhere, which only reads', { method: 'GET', origin: undefined, fetchSite: 'cross-site' }, 'in'],
  ] as const)('%s: %s', (_, changes, code) => {
    expect(codeOf(local, knock(changes))).toBe(code);
  });

  it('the command line needs no origin, but may not come with a foreign one', () => {
    expect(codeOf(local, knock({ origin: undefined, fetchSite: undefined }), false)).toBe('in');
    expect(codeOf(local, knock({ origin: 'http://evil.example' }), false)).toBe('foreign_origin');
  });

  it.each([['127.0.0.1', false, true], ['::1', false, true], ['::ffff:127.0.0.1', false, true], ['10.0.0.7', false, false], ['127.0.0.1', true, false], [undefined, false, false]] as const)('%s, forwarded %s: local %s', (remoteAddress, forwarded, expected) => {
    expect(local.isLocal(knock({ remoteAddress, forwarded }))).toBe(expected);
  });

  it('behind a configured origin nobody is local, and the cookie is bound to the host', () => {
    const remote = new Door('https://console.example', 4400);
    expect([remote.isLocal(knock()), remote.cookieName, remote.secure]).toEqual([false, '__Host-nervus', true]);
    expect(codeOf(remote, knock({ host: 'console.example', origin: 'https://console.example' }))).toBe('in');
    expect(codeOf(remote, knock())).toBe('not_found');
    expect(local.cookieName).toBe('nervus_session');
  });
});
