// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { feedAnswer, retryAfter, validatorOf } from './feed-answer.js';

const url = 'https://a.example/feeds/press.xml';
const now = Date.parse('2026-11-24T10:00:00Z');

describe('answers of a feed', () => {
  it.each([
    [200, {}, { kind: 'content' }],
    [304, {}, { kind: 'unchanged' }],
    [410, {}, { kind: 'gone' }],
    [301, { location: '/new.xml' }, { kind: 'redirect', to: 'https://a.example/new.xml', permanent: true }],
    [308, { location: 'https://b.example/' }, { kind: 'redirect', to: 'https://b.example/', permanent: true }],
    [302, { location: 'now.xml' }, { kind: 'redirect', to: 'https://a.example/feeds/now.xml', permanent: false }],
    [301, {}, { kind: 'failed', reason: 'status_301' }],
    [429, { 'retry-after': '120' }, { kind: 'failed', reason: 'status_429', retryAfterSeconds: 120 }],
    [503, { 'retry-after': 'Tue, 24 Nov 2026 10:01:00 GMT' }, { kind: 'failed', reason: 'status_503', retryAfterSeconds: 60 }],
    [206, {}, { kind: 'failed', reason: 'status_206' }],
  ])('%i with %j', (status, headers, expected) => {
    expect(feedAnswer(status, headers, url, now)).toEqual(expected);
  });

  it.each([['soon', undefined], ['-5', undefined], ['', undefined], ['0', 0], ['Mon, 23 Nov 2026 10:00:00 GMT', 0]])('Retry-After "%s" means %s', (value, seconds) => {
    const read = retryAfter(value, now);
    if (value === '-5') expect(read === undefined || read === 0).toBe(true);
    else expect(read).toBe(seconds);
  });

  it('a validator that no header could hold is not kept', () => {
    expect(validatorOf('W/"a"')).toBe('W/"a"');
    expect([validatorOf('a\r\nb'), validatorOf(''), validatorOf('x'.repeat(513)), validatorOf('ü')]).toEqual([undefined, undefined, undefined, undefined]);
  });
});
