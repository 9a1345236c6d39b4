// SPDX-License-Identifier: Apache-2.0
import { OwnIdentity, ServiceClock } from '@nervus/service-kit';
import { type Permit, WorkloadDirectory, WorkloadKey } from '@nervus/trust';
import { describe, expect, it } from 'vitest';
import type { World } from '../domain/action-state.js';
import { noon } from '../../test/sample-world.js';
import type { ActivePolicies } from './active-policies.js';
import type { AgentsView } from './agents-view.js';
import { CurrentWorld, PermitLives } from './current-world.js';
import type { StopsView } from './stops-view.js';

const action = { tenant: 'default', agent: { name: 'market-news' } } as Parameters<CurrentWorld['of']>[0];
const minute = 60_000;

/** The world as approval sees it when its clock shows this, under a key that is good for an hour from noon. */
function worldAt(now: number): World {
  const key = WorkloadKey.generate();
  const identity = new OwnIdentity('approval', 'nervus.local', 'epoch');
  identity.adopt(key, noon + 60 * minute);
  const directory = new WorkloadDirectory();
  directory.put({ service: 'approval', kid: key.kid, spiffeId: identity.spiffeId, publicJwk: key.publicJwk, notBefore: new Date(noon).toISOString(), notAfter: new Date(noon + 60 * minute).toISOString(), version: 1, state: 'active' } as unknown as Parameters<WorkloadDirectory['put']>[0], { by: 'root', appendedAt: noon });
  const clock = new ServiceClock({ now: () => now, after: () => () => undefined });
  const world = new CurrentWorld({ current: {} } as unknown as ActivePolicies, { get: () => ({}) } as unknown as AgentsView, { isStopped: () => false, epoch: 0 } as unknown as StopsView, clock, identity, directory, new PermitLives(300));
  return world.of(action, 1);
}

const issueAt = (now: number): string => {
  const nbf = Math.floor(now / 1000);
  return worldAt(now).issuer.issue({ iss: 'spiffe://nervus.local/service/approval', aud: 'action', jti: '019b7f6e-0000-7000-8000-000000000001', sub: 'spiffe://nervus.local/tenant/default/agent/market-news', act: 'A'.repeat(43), aid: '019b7f6e-0000-7000-8000-000000000002', tier: 1, pol: { v: 1, h: 'B'.repeat(43) }, stp: 0, nbf, exp: nbf + 300, use: 1 } satisfies Permit);
};

describe('issuing a permit', () => {
  it('waits while the clock is behind the beginning of the key: nobody would take a permit that is older than its key', () => {
    expect(() => issueAt(noon - 6 * minute)).toThrow(expect.objectContaining({ code: 'signing_key_not_begun', retryable: true }));
  });

  it('waits while the key has ended', () => {
    expect(() => issueAt(noon + 61 * minute)).toThrow(expect.objectContaining({ code: 'signing_key_ended', retryable: true }));
  });

  it.each([['within the life of the key', 10 * minute], ['with a clock that is a little behind that of identity', -30_000]])('goes on %s', (_, afterNoon) => {
    expect(issueAt(noon + afterNoon).split('.')).toHaveLength(3);
  });
});
