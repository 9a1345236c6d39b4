// SPDX-License-Identifier: Apache-2.0
import { DecisionMade, type RecordType, type ServiceName, SignalAccepted, StopChanged, allTopics, maxHops, recordHeaders } from '@nervus/contracts';
import { leafOf } from '@nervus/trust';
import { describe, expect, it } from 'vitest';
import type { OutgoingEvent, Received } from '../event.js';
import { inHand, published, scripted } from '../testing/deliveries.js';
import { SigningWorld } from '../testing/signing-world.js';
import { decode, decodeRecord } from './decode.js';
import type { Believed } from './step.js';

async function decoded(world: SigningWorld, service: ServiceName, type: RecordType, change: Partial<OutgoingEvent> = {}): Promise<Received<unknown>> {
  const record = await published(world, service, type, {}, change);
  return decodeRecord(record, world.verifier.verify(record) as Believed);
}

const value = (data: unknown): string => JSON.stringify(data);
const signal = SignalAccepted.examples.at(0)!;

describe('decode', () => {
  it('gives back what was published, where it stands, who signed it and its leaf', async () => {
    const world = new SigningWorld();
    const record = await published(world, 'approval', DecisionMade, { subject: 's', extensions: { actiondigest: 'a', tier: '1', permit: 'p' } });
    const received = decodeRecord(record, world.verifier.verify(record) as Believed);
    expect(received).toMatchObject({
      type: DecisionMade.type, topic: 'nervus.approval.decisions.v1', key: 'default/key', tenant: 'default', subject: 's', hops: 0, extensions: { actiondigest: 'a', tier: '1', permit: 'p' }, data: DecisionMade.examples.at(0),
      origin: { topic: record.topic, partition: record.partition, offset: record.offset, appendedAt: record.timestamp }, producer: { service: 'approval', spiffeId: 'spiffe://nervus.local/service/approval', proof: 'workload' },
    });
    expect(received.correlationId).toBe(received.id);
    expect(received.leaf).toBe(leafOf(record));
  });

  it.each(allTopics.flatMap(({ records }) => records).filter(({ type }) => type !== 'nervus.identity.enrolment-requested.v1').map((type) => [type.type, type] as const))('%s: what is published can be read', async (_, type) => {
    const service = type.type.split('.').at(1) as ServiceName;
    expect((await decoded(new SigningWorld(), service, type)).data).toEqual(type.examples.at(0));
  });

  it.each(allTopics.flatMap((declaration) => declaration.records.map((type) => [type.type, declaration, type] as const)).filter(([name]) => name !== 'nervus.identity.enrolment-requested.v1'))('%s: carries the headers that its documents promise, and no others', async (_, declaration, type) => {
    const { headers } = await published(new SigningWorld(), declaration.owner, type);
    const promised = Object.entries(recordHeaders);
    for (const [name, { when }] of promised) if (when === 'always' || (when === 'tenant' && declaration.tenantInKey)) expect(headers, name).toHaveProperty([name]);
    const allowed: ReadonlySet<string> = new Set([...promised.map(([name]) => name), ...[...type.extensions.required, ...type.extensions.optional].map((name) => `ce_${name}`)]);
    expect(Object.keys(headers).filter((name) => !allowed.has(name))).toEqual([]);
  });

  it('a tombstone needs no value and no required header', async () => {
    const received = await decoded(new SigningWorld(), 'approval', StopChanged, { value: null, extensions: {} });
    expect(received.data).toBeNull();
    expect(received.key).toBe('default/key');
  });

  it.each<[string, string, ServiceName, RecordType, Partial<OutgoingEvent>]>([
    ['a key of another tenant', 'tenant_mismatch', 'ingestion', SignalAccepted, { key: 'other/key' }],
    ['no tenant', 'tenant_mismatch', 'ingestion', SignalAccepted, { tenant: '' }],
    ['a tenant that is the beginning of another', 'tenant_mismatch', 'ingestion', SignalAccepted, { tenant: 'def' }],
    ['a value that names another tenant', 'tenant_mismatch', 'approval', StopChanged, { value: value({ ...StopChanged.examples.at(0), tenant: 'other' }) }],
    ['an action of another tenant', 'tenant_mismatch', 'approval', DecisionMade, { value: value({ ...DecisionMade.examples.at(0), action: { ...DecisionMade.examples.at(0)!.action, tenant: 'other' } }) }],
  ])('%s is not to be trusted (abuse case 23)', async (_, code, service, type, change) => {
    await expect(decoded(new SigningWorld(), service, type, change)).rejects.toMatchObject({ name: 'UntrustedRecordError', code });
  });

  it.each<[string, string, Partial<OutgoingEvent>]>([
    ['a value that does not fit its schema', 'schema_invalid', { value: value({ ...signal, raw: 'x' }) }],
    ['a member twice', 'json_invalid', { value: value(signal).replace('"kind":', '"kind":"x","kind":') }],
    ['no JSON', 'json_invalid', { value: 'x' }],
    ['a cycle', 'hops_exceeded', { hops: maxHops + 1 }],
    ['hops that are no count', 'header_invalid', { hops: -1 }],
    ['no id', 'header_invalid', { id: '' }],
    ['no correlation', 'header_invalid', { correlationId: '' }],
  ])('%s can never be handled', async (_, code, change) => {
    await expect(decoded(new SigningWorld(), 'ingestion', SignalAccepted, change)).rejects.toMatchObject({ name: 'PermanentError', code });
  });

  it('a type that is not declared on its topic is dead-lettered, also where nobody handles it', async () => {
    const world = new SigningWorld();
    const record = await published(world, 'ingestion', SignalAccepted);
    const delivery = inHand({ ...record, headers: { ...record.headers, ce_type: Buffer.from('nervus.ingestion.newer.v1') } });
    delivery.verification = world.verifier.verify(record) as Believed;
    await expect(decode(() => false)(scripted())(delivery)).rejects.toMatchObject({ code: 'type_unknown', retryable: false });
  });

  it('a declared type that nobody handles is not parsed', async () => {
    const world = new SigningWorld();
    const record = await published(world, 'ingestion', SignalAccepted, {}, { value: 'no JSON' });
    const delivery = inHand(record);
    delivery.verification = world.verifier.verify(record) as Believed;
    await decode(() => false)(scripted())(delivery);
    expect(delivery.received).toBeUndefined();
  });
});
