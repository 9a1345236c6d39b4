// SPDX-License-Identifier: Apache-2.0
import { SignalAccepted } from '@nervus/contracts';
import { describe, expect, it } from 'vitest';
import { createInspector } from './inspect.js';
import { inHand, published } from './testing/deliveries.js';
import { SigningWorld } from './testing/signing-world.js';

const inspectorOf = (world: SigningWorld) => createInspector({ verifier: world.verifier, clock: world.clock, catchUp: async () => undefined });

describe('inspect', () => {
  it('tells apart what is good, what is signed but broken, what lies about its tenant, and what is forged', async () => {
    const world = new SigningWorld();
    const inspect = inspectorOf(world);
    const good = await published(world, 'ingestion', SignalAccepted);
    const broken = await published(world, 'ingestion', SignalAccepted, {}, { value: '{}' });
    const foreign = await published(world, 'ingestion', SignalAccepted, {}, { key: 'other/key' });
    const forged = { ...good, value: Buffer.from('{}') };
    const states = await Promise.all([good, broken, foreign, forged].map(async (record) => inspect(record, inHand(record).lease)));
    expect(states).toMatchObject([
      { state: 'received', received: { type: SignalAccepted.type } },
      { state: 'undecodable', error: { code: 'schema_invalid' }, verification: { service: 'ingestion' } },
      { state: 'untrusted', error: { code: 'tenant_mismatch' }, verification: { service: 'ingestion' } },
      { state: 'untrusted', error: { code: 'forged_record' } },
    ]);
    expect(states.at(3)).not.toHaveProperty('verification');
  });
});
