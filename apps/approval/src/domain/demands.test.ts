// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isStronger, parseAnnotations, parseDuration, type Proof, strictest } from './demands.js';

const none = { approvers: [] };

describe('the strictest of all demands', () => {
  it('unites approvers, takes the largest quorum, the shortest time, the strongest proof', () => {
    const joined = strictest(1, [{ approvers: ['group:a'], quorum: 2, expiresMs: 900_000, proof: 'session' }, { approvers: ['group:b'], proof: 'passkey' }], { approvers: ['group:a'], expiresMs: 600_000 });
    expect(joined).toEqual({ approvers: ['group:a', 'group:b'], quorum: 2, expiresMs: 600_000, proof: 'passkey' });
  });

  it('at tier 2 a session must be said: a policy that says nothing asks for a passkey', () => {
    expect(strictest(2, [{ approvers: ['group:a'], proof: 'session' }], none).proof).toBe('session');
    expect(strictest(2, [{ approvers: ['group:a'] }], none).proof).toBe('passkey');
    expect(strictest(2, [{ approvers: ['group:a'], proof: 'session' }, { approvers: ['group:b'] }], none).proof).toBe('passkey');
  });

  it('at tier 3 nothing is asked below two persons and a device', () => {
    expect(strictest(3, [{ approvers: ['group:a'], quorum: 1, proof: 'session' }], none)).toMatchObject({ quorum: 2, proof: 'device' });
  });

  it('one more demand never loosens any of them', () => {
    const demand = fc.record({ approvers: fc.subarray(['group:a', 'group:b', 'group:c']), quorum: fc.integer({ min: 1, max: 9 }), expiresMs: fc.integer({ min: 60_000, max: 604_800_000 }), proof: fc.constantFrom<Proof>('session', 'passkey', 'device') }, { requiredKeys: ['approvers'] });
    fc.assert(
      fc.property(fc.constantFrom(0, 1, 2, 3), fc.array(demand, { minLength: 1, maxLength: 4 }), demand, demand, (tier, policies, more, manifest) => {
        const before = strictest(tier as 0, policies, manifest);
        const after = strictest(tier as 0, [...policies, more], manifest);
        expect(after.quorum).toBeGreaterThanOrEqual(before.quorum);
        expect(after.expiresMs).toBeLessThanOrEqual(before.expiresMs);
        expect(before.approvers.filter((group) => !after.approvers.includes(group))).toEqual([]);
        expect(isStronger(before.proof, after.proof)).toBe(false);
      }),
    );
  });
});

describe('annotations', () => {
  it.each([
    ['quorum', '0'], ['quorum', 'two'], ['quorum', '1.5'], ['expires', '30s'], ['expires', '8d'], ['expires', 'soon'], ['proof', 'password'], ['approvers', 'nora'], ['approvers', 'group:a,,group:b'], ['qourum', '2'], ['undo', '5m'],
  ])('@%s("%s") is a fault', (name, value) => {
    expect(parseAnnotations({ id: 'x', [name]: value }).faults).toHaveLength(1);
  });

  it('times have one unit', () => {
    expect(['90s', '30m', '4h', '7d', '4 h', 'h', '4h30m'].map(parseDuration)).toEqual([90_000, 1_800_000, 14_400_000, 604_800_000, undefined, undefined, undefined]);
  });
});
