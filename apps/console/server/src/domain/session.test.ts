// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Attempts } from './attempts.js';
import { commandIdOf } from './command.js';
import { hashOfToken, parseSeats, seatOfLink, seatOfToken } from './seat.js';
import { csrfToken, endOf, idleMs, isCsrfToken, isLive, longestMs, startSession, touch, visitorOf } from './session.js';

const noon = Date.parse('2026-11-24T12:00:00.000Z');
const minute = 60_000;
const seats = parseSeats(JSON.stringify([
  { person: 'nora', issuer: 'launcher', subject: 'nora', roles: ['viewer', 'reviewer'], linkHash: hashOfToken('link-of-nora'), linkExpiresAt: new Date(noon + 10 * minute).toISOString(), tokenHash: hashOfToken('token-of-nora') },
  { person: 'theo', issuer: 'launcher', subject: 'theo', roles: ['viewer'] },
]));
const session = startSession(seats[0]!, noon);

describe('seats', () => {
  it('a link is good for its ten minutes and for its own seat', () => {
    expect(seatOfLink(seats, 'link-of-nora', noon)?.person).toBe('nora');
    expect(seatOfLink(seats, 'link-of-nora', noon + 10 * minute)).toBeUndefined();
    expect(seatOfLink(seats, 'token-of-nora', noon)).toBeUndefined();
    expect(seatOfToken(seats, 'token-of-nora')?.person).toBe('nora');
    expect(seatOfToken(seats, 'link-of-nora')).toBeUndefined();
  });

  it('a seat without hashes lets nobody in', () => {
    expect(seatOfToken([seats[1]!], '')).toBeUndefined();
    expect(seatOfLink([seats[1]!], '', noon)).toBeUndefined();
  });

  it('a faulty file is named by the place of the fault', () => {
    expect(() => parseSeats('[{"person":"nora","issuer":"launcher","subject":"nora","roles":["admin"]}]')).toThrow(/seats\.json\/0\/roles\/0/);
  });
});

describe('a session', () => {
  it('ends after thirty minutes of doing nothing, and after twelve hours whatever one does', () => {
    expect(isLive(session, noon + idleMs - 1)).toBe(true);
    expect(isLive(session, noon + idleMs)).toBe(false);
    const busy = { ...session, seenAt: noon + longestMs - 1 };
    expect([isLive(busy, noon + longestMs - 1), isLive(busy, noon + longestMs), endOf(busy)]).toEqual([true, false, noon + longestMs]);
  });

  it('is marked as used at most once a minute, and never brought back to life', () => {
    expect(touch(session, noon + minute - 1)).toBe('unchanged');
    expect(touch(session, noon + minute)).toMatchObject({ seenAt: noon + minute });
    expect(touch(session, noon + idleMs)).toBe('unchanged');
    expect(touch({ ...session, ended: true }, noon + minute)).toBe('unchanged');
  });

  it('its CSRF token follows from its secret alone', () => {
    expect(isCsrfToken('secret', csrfToken('secret'))).toBe(true);
    for (const wrong of [undefined, '', csrfToken('other'), `${csrfToken('secret')}x`]) expect(isCsrfToken('secret', wrong)).toBe(false);
  });

  it('one key of one person is one command', () => {
    const nora = visitorOf(session, 'hash');
    expect(commandIdOf(nora, 'key')).toBe(commandIdOf({ ...nora, session: 'another' }, 'key'));
    expect(commandIdOf(nora, 'key')).not.toBe(commandIdOf({ ...nora, account: { issuer: 'launcher', subject: 'theo' } }, 'key'));
    expect(commandIdOf(nora, 'key')).not.toBe(commandIdOf({ ...nora, tenant: 'other' }, 'key'));
  });
});

describe('login attempts', () => {
  it('are bounded at once and by the minute', () => {
    const attempts = new Attempts(3, 6, noon);
    expect([1, 2, 3].map(() => attempts.take(noon))).toEqual([0, 0, 0]);
    expect(attempts.take(noon)).toBe(10);
    expect(attempts.take(noon + 10_000)).toBe(0);
    expect(attempts.take(noon + 10_000)).toBeGreaterThan(0);
  });
});
