// SPDX-License-Identifier: Apache-2.0
import { SignalAccepted } from '@nervus/contracts';
import { describe, expect, it } from 'vitest';
import { eventOf } from '../event-factory.js';
import { LeaseRevokedError, UntrustedRecordError } from '../errors.js';
import { inHand, outcomeOf, published, scripted } from '../testing/deliveries.js';
import { SigningWorld, prefix } from '../testing/signing-world.js';
import { verifySignature } from './verify-signature.js';

const signals = `${prefix}nervus.ingestion.signals.v1`;

/** A record whose key is not known yet. */
async function early(world: SigningWorld) {
  const key = world.key('ingestion', { hidden: true });
  const event = eventOf(SignalAccepted, { key: 'k', tenant: 'default', id: 'early', data: SignalAccepted.examples.at(0)! }, world.clock);
  await world.publisher('ingestion', { currentKey: () => key }).publish([event]);
  return { key, record: world.broker.records(signals).at(-1)! };
}

describe('verify signature', () => {
  it('what its producer wrote is let through with its proof', async () => {
    const world = new SigningWorld();
    const delivery = inHand(await published(world, 'ingestion', SignalAccepted));
    const next = scripted();
    await verifySignature({ clock: world.clock, verifier: world.verifier, catchUp: async () => undefined })(next)(delivery);
    expect(next.calls).toBe(1);
    expect(delivery.verification).toMatchObject({ service: 'ingestion', state: 'verified' });
  });

  it.each([
    ['a changed value', (record: ReturnType<typeof inHand>['record']) => ({ ...record, value: Buffer.from('{}') })],
    ['another key', (record: ReturnType<typeof inHand>['record']) => ({ ...record, key: Buffer.from('default/other') })],
    ['a copy to another topic', (record: ReturnType<typeof inHand>['record']) => ({ ...record, topic: `${prefix}nervus.reasoning.runs.v1` })],
    ['no signature', (record: ReturnType<typeof inHand>['record']) => ({ ...record, headers: {} })],
  ])('%s is a forgery, and no one acts upon it', async (_, forge) => {
    const world = new SigningWorld();
    const delivery = inHand(forge(await published(world, 'ingestion', SignalAccepted)));
    const next = scripted();
    await expect(verifySignature({ clock: world.clock, verifier: world.verifier, catchUp: async () => undefined })(next)(delivery)).rejects.toMatchObject({ name: 'UntrustedRecordError', code: 'forged_record' });
    expect(next.calls).toBe(0);
  });

  it('a record that overtook its key is held until the table has caught up, then let through', async () => {
    const world = new SigningWorld();
    const { key, record } = await early(world);
    const next = scripted();
    const catchUp = async (): Promise<void> => key.reveal();
    await verifySignature({ clock: world.clock, verifier: world.verifier, catchUp })(next)(inHand(record));
    expect(next.calls).toBe(1);
  });

  it('a key that is unknown to the caught-up table is refused at once: a flood of them must not hold up its lane', async () => {
    const world = new SigningWorld();
    const { record } = await early(world);
    const before = world.clock.now();
    await expect(verifySignature({ clock: world.clock, verifier: world.verifier, catchUp: async () => undefined })(scripted())(inHand(record))).rejects.toMatchObject({ code: 'unknown_key' });
    expect(world.clock.now()).toBe(before);
  });

  it('while the table cannot be read the record waits, for a bounded time', async () => {
    const world = new SigningWorld();
    const { record } = await early(world);
    const running = verifySignature({ clock: world.clock, verifier: world.verifier, catchUp: () => Promise.reject(new Error('broker away')), waitMs: 5000 })(scripted())(inHand(record));
    expect(await outcomeOf(world, running, 4000)).toBe('still waiting');
    expect(await outcomeOf(world, running, 4000)).toBeInstanceOf(UntrustedRecordError);
  });

  it('a table that never answers cannot hold the record for ever', async () => {
    const world = new SigningWorld();
    const { record } = await early(world);
    const running = verifySignature({ clock: world.clock, verifier: world.verifier, catchUp: () => new Promise(() => undefined), waitMs: 5000 })(scripted())(inHand(record));
    expect(await outcomeOf(world, running, 6000)).toBeInstanceOf(UntrustedRecordError);
  });

  it('a record whose partition goes away while it waits is left, not quarantined', async () => {
    const world = new SigningWorld();
    const { record } = await early(world);
    const delivery = inHand(record);
    const running = verifySignature({ clock: world.clock, verifier: world.verifier, catchUp: () => Promise.reject(new Error('broker away')) })(scripted())(delivery);
    running.catch(() => undefined);
    await world.clock.advance(1000);
    delivery.revoke();
    expect(await outcomeOf(world, running, 3000)).toBeInstanceOf(LeaseRevokedError);
  });
});
