// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { vectors } from '../test/vectors.js';
import { VerificationError } from './errors.js';
import { formatOrigin, parseOrigin } from './record-origin.js';

const { origin, header } = vectors<{ origin: { topic: string; partition: number; offset: string; appendedAt: number }; header: string }>('record-origin');
const parsed = { ...origin, offset: BigInt(origin.offset) };

it('writes and reads the vector, with an offset beyond 2^53', () => {
  expect(formatOrigin(parsed)).toBe(header);
  expect(parseOrigin(header)).toEqual(parsed);
});

it.each<[string, object]>([
  ['no topic', { topic: '' }],
  ['a negative partition', { partition: -1 }],
  ['a partition with a fraction', { partition: 0.5 }],
  ['an offset that is a number', { offset: 1 }],
  ['an offset with leading zeroes', { offset: '01' }],
  ['a negative offset', { offset: '-1' }],
  ['a time that is text', { appendedAt: '2026-11-24T10:00:00.000Z' }],
  ['another member', { group: 'action' }],
])('refuses an origin with %s', (_, over) => {
  expect(() => parseOrigin(JSON.stringify({ ...origin, ...over }))).toThrow(VerificationError);
});
