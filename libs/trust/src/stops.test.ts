// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { hashOfActiveStops, stopCovers } from './stops.js';

describe('what a stop covers', () => {
  const action = { tenant: 'default', agent: { name: 'market-news', version: '1.0.0', digest: 'x' }, tool: 'slack', operation: 'post' };
  it.each([
    [{ kind: 'all' as const }, true],
    [{ kind: 'agent' as const, name: 'market-news' }, true],
    [{ kind: 'agent' as const, name: 'market-risk' }, false],
    [{ kind: 'tool' as const, name: 'slack.post' }, true],
    [{ kind: 'tool' as const, name: 'slack.delete' }, false],
  ])('%j: %s', (scope, expected) => {
    expect(stopCovers({ tenant: 'default', scope }, action)).toBe(expected);
    expect(stopCovers({ tenant: 'other', scope }, action)).toBe(false);
  });
});

describe('the hash of the active stops', () => {
  const [a, b] = [{ stopId: 'a', epoch: 1 }, { stopId: 'b', epoch: 2 }];

  it('does not depend on their order', () => {
    expect(hashOfActiveStops([a, b])).toBe(hashOfActiveStops([b, a]));
  });

  it('names each with its epoch, and leaves out what was lifted', () => {
    expect(hashOfActiveStops([a, { ...b, epoch: 3 }])).not.toBe(hashOfActiveStops([a, b]));
    expect(hashOfActiveStops([a, { ...b, active: false }])).toBe(hashOfActiveStops([a]));
    expect(hashOfActiveStops([a])).not.toBe(hashOfActiveStops([]));
  });
});
