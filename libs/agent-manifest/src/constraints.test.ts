// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { brokenConstraints, isFixedByManifest } from './constraints.js';

it('a constant binds also where the parameter is left out', () => {
  expect(brokenConstraints({ channel: { const: 'a' } }, {})).toEqual([{ pointer: '/channel', keyword: 'const', expected: '"a"' }]);
});

it('a pattern must fit the whole value, not a part of it', () => {
  const constraints = { '/url': { pattern: 'https://api\\.example\\.com/.*' } };
  expect(brokenConstraints(constraints, { url: 'https://api.example.com/x' })).toEqual([]);
  expect(brokenConstraints(constraints, { url: 'https://evil.example/?https://api.example.com/x' })).toHaveLength(1);
});

it('a pattern that is slow elsewhere takes linear time', () => {
  const started = performance.now();
  expect(brokenConstraints({ text: { pattern: '(a+)+b' } }, { text: 'a'.repeat(20_000) })).toHaveLength(1);
  expect(performance.now() - started).toBeLessThan(2_000);
});

it('length counts code points, and numbers have bounds', () => {
  expect(brokenConstraints({ text: { maxLength: 2 } }, { text: '😀😀' })).toEqual([]);
  expect(brokenConstraints({ n: { min: 1, max: 3 } }, { n: 4 }).map((one) => one.keyword)).toEqual(['max']);
  expect(brokenConstraints({ n: { min: 1 } }, { n: '4' }).map((one) => one.keyword)).toEqual(['min']);
});

it('a value is fixed by the manifest only where it equals what stands there', () => {
  expect(isFixedByManifest({ channel: { enum: ['a', 'b'] } }, '/channel', 'b')).toBe(true);
  expect(isFixedByManifest({ channel: { enum: ['a', 'b'] } }, '/channel', 'c')).toBe(false);
  expect(isFixedByManifest({ channel: { pattern: '.*' } }, '/channel', 'a')).toBe(false);
});
