// SPDX-License-Identifier: Apache-2.0
import type { StopChanged, Tier } from '@nervus/contracts';
import { describe, expect, it } from 'vitest';
import { approvedByPeople, freshMesh, hash, sampleAction, SampleWorld, start } from '../../test/sample-world.js';
import { judgeGate } from './gate.js';

const world = new SampleWorld();
const limits = { staleAfterMs: 5_000, auditSilentMs: 3_600_000 };
const stop = (change: Partial<StopChanged> = {}): StopChanged => ({ stopId: sampleAction().actionId, tenant: 'default', scope: { kind: 'all' }, epoch: 1, active: true, reason: 'drill', by: ['person:olga'], at: new Date(start).toISOString(), version: 1, ...change });

describe('whether an action may begin', () => {
  it('an automatic permit that ran out is given back, one that people gave ends the action', () => {
    expect(judgeGate(world.permitted(), freshMesh(), start + 300_000, limits)).toMatchObject({ gate: 'return', code: 'permit_expired' });
    expect(judgeGate(world.permitted(), freshMesh(), start + 299_999, limits)).toEqual({ gate: 'open' });
    expect(judgeGate(world.permitted(sampleAction(), 2, approvedByPeople), freshMesh(), start + 900_000, limits)).toMatchObject({ gate: 'end', code: 'expired' });
  });

  it('a permit made under an older policy set goes back, under one not seen yet it waits', () => {
    const permitted = world.permitted();
    expect(judgeGate(permitted, freshMesh({ policy: { version: 4, hash } }), start, limits)).toMatchObject({ gate: 'return', code: 'policy_stale' });
    expect(judgeGate(permitted, freshMesh({ policy: { version: 3, hash: permitted.digest } }), start, limits)).toMatchObject({ gate: 'return', code: 'policy_stale' });
    expect(judgeGate(permitted, freshMesh({ policy: { version: 2, hash } }), start, limits)).toMatchObject({ gate: 'hold', reason: 'policy_ahead' });
    expect(judgeGate(permitted, freshMesh({ policy: undefined }), start, limits)).toMatchObject({ gate: 'hold', reason: 'policy_ahead' });
  });

  it.each<[string, StopChanged]>([
    ['everything', stop()],
    ['the agent', stop({ scope: { kind: 'agent', name: 'market-news' } })],
    ['the tool', stop({ scope: { kind: 'tool', name: 'alert.log' } })],
    ['everything, lifted since', stop({ active: false, epoch: 2 })],
  ])('a stop of %s that came after the permit ends the action', (_, thrown) => {
    expect(judgeGate(world.permitted(), freshMesh({ stops: [thrown], stopEpoch: 2 }), start, limits)).toMatchObject({ gate: 'end', code: 'stopped' });
  });

  it('a stop of others, and one lifted before the permit was made, let it through', () => {
    for (const other of [stop({ tenant: 'another' }), stop({ scope: { kind: 'agent', name: 'market-risk' } }), stop({ scope: { kind: 'tool', name: 'alert.erase' } })]) {
      expect(judgeGate(world.permitted(), freshMesh({ stops: [other], stopEpoch: 1 }), start, limits)).toEqual({ gate: 'open' });
    }
    const permitted = world.permitted(sampleAction(), 1, { stp: 2 });
    expect(judgeGate(permitted, freshMesh({ stops: [stop({ active: false, epoch: 2 })], stopEpoch: 2 }), start, limits)).toEqual({ gate: 'open' });
    expect(judgeGate(permitted, freshMesh({ stopEpoch: 1 }), start, limits)).toMatchObject({ gate: 'hold', reason: 'stops_ahead' });
  });

  it.each<[Tier, number | undefined, string]>([
    [0, undefined, 'open'],
    [0, 3_600_000, 'open'],
    [1, undefined, 'hold'],
    [1, 60_000, 'open'],
    [1, 60_001, 'hold'],
    [2, 5_000, 'open'],
    [2, 5_001, 'hold'],
    [3, 5_001, 'hold'],
    [2, undefined, 'hold'],
  ])('tier %i with a view of %s ms: %s', (tier, pulseAgeMs, gate) => {
    expect(judgeGate(world.permitted(sampleAction(), tier), freshMesh({ pulseAgeMs }), start, limits).gate).toBe(gate);
  });

  it.each<Tier>([0, 1, 2])('tier %i waits for an audit that has been silent for too long, and for no longer', (tier) => {
    const permitted = world.permitted(sampleAction(), tier);
    expect(judgeGate(permitted, freshMesh({ auditSilentMs: 3_600_001 }), start, limits)).toMatchObject({ gate: 'hold', reason: 'audit_away' });
    expect(judgeGate(permitted, freshMesh({ auditSilentMs: 3_600_000 }), start, limits)).toEqual({ gate: 'open' });
  });

  it('a revoked permit or agent ends the action', () => {
    const permitted = world.permitted();
    for (const subject of [`permit:${permitted.claims.jti}`, 'agent:default/market-news']) {
      expect(judgeGate(permitted, freshMesh({ revoked: (asked) => asked === subject }), start, limits)).toMatchObject({ gate: 'end', code: 'revoked' });
    }
  });

  it('a permit of the future waits until its time, by our clock, has come', () => {
    const later = world.permitted(sampleAction(), 1, { nbf: start / 1000 + 10, exp: start / 1000 + 100 });
    expect(judgeGate(later, freshMesh(), start, limits)).toMatchObject({ gate: 'hold', reason: 'not_yet_valid' });
    expect(judgeGate(later, freshMesh(), start + 9_999, limits)).toMatchObject({ gate: 'hold', reason: 'not_yet_valid' });
    expect(judgeGate(later, freshMesh(), start + 10_000, limits)).toEqual({ gate: 'open' });
  });
});
