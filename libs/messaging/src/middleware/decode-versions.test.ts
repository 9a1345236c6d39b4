// SPDX-License-Identifier: Apache-2.0
// Values of earlier and later minor versions, of a type that is made up here: no released one has several yet.
import { type RecordType, type Upcaster, SignalAccepted, dataSchemaOf, record, topicOf } from '@nervus/contracts';
import { leafOf } from '@nervus/trust';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { eventOf } from '../event-factory.js';
import type { Received } from '../event.js';
import type { InboundRecord } from '../port.js';
import { prefix, SigningWorld } from '../testing/signing-world.js';
import { published } from '../testing/deliveries.js';
import { decodeRecord } from './decode.js';
import type { Believed } from './step.js';

const base = { type: SignalAccepted.type, description: 'a reading of a meter' };

/** Minor 0 had a text, minor 1 a number, minor 2 calls it `celsius`, minor 3 has an optional place. */
const upcasters: Upcaster[] = [
  { from: 0, carries: ['/degrees'], upcast: ({ degrees, ...rest }) => ({ ...rest, degrees: Number(degrees) }) },
  {
    from: 1,
    carries: ['/celsius'],
    upcast: ({ degrees, ...rest }) => {
      if (degrees === undefined) throw new TypeError('there are no degrees');
      return { ...rest, celsius: degrees };
    },
  },
  { from: 2, carries: [], upcast: (value) => value },
];
const Reading = record({ ...base, schema: Type.Object({ celsius: Type.Number(), place: Type.Optional(Type.String()) }), examples: [{ celsius: 20 }], minor: 3, upcasters });

/** A record of the made-up type as a process of some release would have signed it. */
async function written(minor: number | string, value: unknown): Promise<{ readonly record: InboundRecord; readonly decoded: () => Received<unknown> }> {
  const world = new SigningWorld();
  const stored = await published(world, 'ingestion', SignalAccepted, {}, { value: JSON.stringify(value) });
  const believed = world.verifier.verify(stored) as Believed;
  const schema = typeof minor === 'number' ? dataSchemaOf(base.type, minor) : minor;
  const inbound = { ...stored, headers: { ...stored.headers, ce_dataschema: Buffer.from(schema) } };
  return { record: inbound, decoded: () => decodeRecord(inbound, { ...believed, declaration: { ...believed.declaration, records: [Reading as RecordType] } }) };
}

describe('a value of another minor version', () => {
  it.each<[number, unknown, unknown]>([
    [0, { degrees: '20.5' }, { celsius: 20.5 }],
    [1, { degrees: 20.5 }, { celsius: 20.5 }],
    [2, { celsius: 20.5 }, { celsius: 20.5 }],
    [3, { celsius: 20.5, place: 'roof' }, { celsius: 20.5, place: 'roof' }],
  ])('of minor %i is read as the present version would have written it', async (minor, value, expected) => {
    expect((await written(minor, value)).decoded().data).toEqual(expected);
  });

  it('of a newer minor is read, and what it has more does no harm', async () => {
    expect((await written(9, { celsius: 20.5, humidity: { percent: 40 } })).decoded().data).toMatchObject({ celsius: 20.5 });
  });

  it('leaves the record as it was signed: bytes, headers and leaf', async () => {
    const { record: inbound, decoded } = await written(0, { degrees: '20.5' });
    const [value, leaf] = [Buffer.from(inbound.value!), leafOf(inbound)];
    const received = decoded();
    expect(received.leaf).toBe(leaf);
    expect(inbound.value).toEqual(value);
    expect(inbound.headers['ce_dataschema']?.toString()).toBe(dataSchemaOf(base.type, 0));
  });

  it('is validated after it was carried over, so that no upcaster lets through what the schema refuses', async () => {
    expect((await written(0, { degrees: 'warm' })).decoded).toThrow(expect.objectContaining({ name: 'PermanentError', code: 'schema_invalid' }));
  });

  it('that its upcaster cannot read can never be handled, and the message names the version', async () => {
    expect((await written(1, { celsius: 20.5 })).decoded).toThrow(expect.objectContaining({ name: 'PermanentError', code: 'upcast_failed', message: expect.stringContaining('minor 1') as string }));
  });

  it.each(['urn:nervus:schema:nervus.ingestion.signal-accepted.v1:', 'urn:nervus:schema:nervus.ingestion.signal-accepted.v1:x', 'urn:nervus:schema:nervus.ingestion.other.v1:0'])('%s names no version of the type: refused, not guessed', async (schema) => {
    expect((await written(schema, { celsius: 1 })).decoded).toThrow(expect.objectContaining({ name: 'PermanentError', code: 'header_invalid' }));
  });
});

describe('an event that waited in an outbox', () => {
  it('is published under the version that wrote it, or its readers would not carry it over', async () => {
    const world = new SigningWorld();
    const event = eventOf(SignalAccepted, { key: 'k', id: 'i', tenant: 'default', data: SignalAccepted.examples.at(0)! }, world.clock);
    expect(event.minor).toBeUndefined();
    const schemaOf = async (minor: number): Promise<string | undefined> => {
      await world.publisher('ingestion').publish([minor === 0 ? event : { ...event, minor }]);
      return world.broker.records(prefix + topicOf(SignalAccepted).name).at(-1)?.headers['ce_dataschema']?.toString();
    };
    expect([await schemaOf(0), await schemaOf(4)]).toEqual([dataSchemaOf(SignalAccepted.type, 0), dataSchemaOf(SignalAccepted.type, 4)]);
  });

  it('carries the version of its type', () => {
    const later = { ...SignalAccepted, minor: 2 };
    const world = new SigningWorld();
    // topicOf goes by name, so that the made-up later version stands on the topic of the real one.
    expect(eventOf(later, { key: 'k', id: 'i', tenant: 'default', data: SignalAccepted.examples.at(0)! }, world.clock).minor).toBe(2);
  });
});
