// SPDX-License-Identifier: Apache-2.0
import { FakeClock, settled } from '@nervus/messaging/testing';
import type { OutgoingEvent, Publisher, SigningKey } from '@nervus/messaging';
import { WorkloadDirectory, type WorkloadKey } from '@nervus/trust';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { EnrolmentRefused, KeyKeeper } from './key-keeper.js';
import { OwnIdentity } from './own-identity.js';
import { ServiceClock } from './service-clock.js';

const lifeMs = 60_000;

/** identity as the test plays it: what was asked for, and the answers that it gives. */
function world() {
  const clock = new FakeClock();
  const identity = new OwnIdentity('action', 'nervus.local', '0193f3a0-0000-7000-8000-000000000000');
  const directory = new WorkloadDirectory();
  const asked: { event: OutgoingEvent; key: WorkloadKey; current: WorkloadKey | undefined; signedBy: SigningKey | undefined }[] = [];
  const introduced: { key: WorkloadKey; current: WorkloadKey | undefined }[] = [];
  const noted: string[] = [];
  const fatal: Error[] = [];
  const publisher = {
    publish: (events: readonly OutgoingEvent[], signedBy?: SigningKey) => {
      asked.push({ event: events[0]!, ...introduced.at(-1)!, signedBy });
      return Promise.resolve([]);
    },
  } as unknown as Publisher;
  const keeper = new KeyKeeper({
    identity, directory, publisher, clock: new ServiceClock(clock), logger: pino({ level: 'silent' }), renewAfterMs: 0, random: () => 1, onFatal: (error) => fatal.push(error), beforeSigning: (kid) => Promise.resolve(void noted.push(kid)),
    introducer: {
      introduce: (key, current) => {
        introduced.push({ key, current });
        return Promise.resolve({ id: `e${introduced.length}` } as OutgoingEvent);
      },
    },
  });
  const know = (key: WorkloadKey): void => {
    const now = clock.now();
    const times = { notBefore: new Date(now - 1000).toISOString(), notAfter: new Date(now + lifeMs).toISOString() };
    directory.put({ kid: key.kid, spiffeId: identity.spiffeId, service: 'action', jwk: key.publicJwk, ...times, attestation: { kind: 'test', rule: 'test', subject: 'action' }, version: 1 }, { by: 'test', appendedAt: now });
    keeper.onWorkload(key.kid);
  };
  return { clock, identity, keeper, asked, noted, fatal, know };
}

describe('the key of a process', () => {
  it('signs nothing before the mesh knows it, but its own enrolment', async () => {
    const { identity, keeper, asked, noted, know } = world();
    const enrolled = keeper.enrol();
    await settled();
    expect(identity.signingKey).toBeUndefined();
    expect(asked[0]?.signedBy?.signer.kid).toBe(asked[0]?.key.kid);
    expect(noted).toEqual([asked[0]?.key.kid]);
    know(asked[0]!.key);
    await enrolled;
    expect(identity.key.kid).toBe(asked[0]?.key.kid);
  });

  it('is renewed at half its life, and the old one signs until the new one is known', async () => {
    const { clock, identity, keeper, asked, know } = world();
    const enrolled = keeper.enrol();
    await settled();
    know(asked[0]!.key);
    await enrolled;
    await clock.advance(lifeMs / 2);
    await settled();
    expect(asked).toHaveLength(2);
    expect(asked[1]?.current?.kid).toBe(asked[0]?.key.kid);
    expect(identity.key.kid).toBe(asked[0]?.key.kid);
    know(asked[1]!.key);
    await settled();
    expect(identity.key.kid).toBe(asked[1]?.key.kid);
  });

  it('is asked for again while identity is away, and an answer to any of the questions counts', async () => {
    const { clock, identity, keeper, asked, know } = world();
    const enrolled = keeper.enrol();
    await settled();
    await clock.advance(10_000);
    await settled();
    await clock.advance(10_000);
    await settled();
    expect(asked.map(({ event }) => event.id)).toEqual(['e1', 'e2', 'e3']);
    expect(new Set(asked.map(({ key }) => key.kid)).size).toBe(1);
    know(asked[0]!.key);
    await enrolled;
    expect(identity.signingKey).toBeDefined();
  });

  it('a refusal ends the start with the reason; an answer to somebody else does not', async () => {
    const { keeper, asked } = world();
    const enrolled = keeper.enrol();
    await settled();
    keeper.onAnswer({ commandId: 'of-another', code: 'token_used', status: 403, detail: 'x' });
    keeper.onAnswer({ commandId: asked[0]!.event.id, code: 'no_rule', status: 403, detail: 'There is no rule.' });
    await expect(enrolled).rejects.toThrow(EnrolmentRefused);
    await expect(enrolled).rejects.toMatchObject({ code: 'no_rule' });
  });

  it('a renewal that is refused ends the process: it would fall silent later without a word', async () => {
    const { clock, keeper, asked, fatal, know } = world();
    const enrolled = keeper.enrol();
    await settled();
    know(asked[0]!.key);
    await enrolled;
    await clock.advance(lifeMs / 2);
    await settled();
    keeper.onAnswer({ commandId: asked[1]!.event.id, code: 'no_rule', status: 403, detail: 'x' });
    await settled();
    expect(fatal).toHaveLength(1);
  });
});
