// SPDX-License-Identifier: Apache-2.0
import { CheckpointSigned, DecisionMade, FindingRaised, SignalAccepted, headerNames, maxValueBytes } from '@nervus/contracts';
import { parseSequence } from '@nervus/trust';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventOf } from '../event-factory.js';
import type { OutgoingEvent } from '../event.js';
import { type InboundRecord, type OutboundRecord, ProducerError } from '../port.js';
import { settled } from '../testing/index.js';
import { SigningWorld, prefix } from '../testing/signing-world.js';
import type { PublisherOptions } from './publisher.js';

const signals = `${prefix}nervus.ingestion.signals.v1`;

function signal(world: SigningWorld, n: number, content: unknown = n): OutgoingEvent {
  return eventOf(SignalAccepted, { key: `subject-${n % 7}`, tenant: 'default', id: `id-${n}`, data: { ...SignalAccepted.examples.at(0)!, content } }, world.clock);
}

const header = (record: Pick<InboundRecord, 'headers'>, name: string): string => String(record.headers[name]);
const numberOf = (record: InboundRecord): number => parseSequence(header(record, headerNames.sequence))!.n;
const sequencesOf = (records: readonly InboundRecord[]): number[] => records.map(numberOf).sort((a, b) => a - b);

/** Chunks as they were sent, tries included. */
function spied(world: SigningWorld, sends: (readonly OutboundRecord[])[]): Pick<PublisherOptions, 'client'> {
  const client = world.broker.client();
  return {
    client: {
      ...client,
      producer: async () => {
        const producer = await client.producer();
        return { ...producer, send: (records) => (sends.push(records), producer.send(records)) };
      },
    },
  };
}

describe('publishing', () => {
  it('a published event is believed by a verifier, with every header in its place', async () => {
    const world = new SigningWorld();
    const publisher = world.publisher('ingestion');
    const [receipt] = await publisher.publish([signal(world, 0)]);
    const [record] = world.broker.records(signals);
    expect(world.verifier.verify(record!)).toMatchObject({ state: 'verified', service: 'ingestion' });
    expect(Object.fromEntries(Object.keys(record!.headers).map((name) => [name, header(record!, name)]))).toMatchObject({
      ce_id: 'id-0', ce_source: 'spiffe://nervus.local/service/ingestion', ce_type: SignalAccepted.type, ce_specversion: '1.0', ce_time: '2026-01-01T00:00:00.000Z', ce_tenantid: 'default', ce_correlationid: 'id-0', ce_hops: '0',
      ce_dataschema: 'urn:nervus:schema:nervus.ingestion.signal-accepted.v1:0', 'content-type': 'application/json',
    });
    expect(receipt).toMatchObject({ id: 'id-0', sequence: header(record!, headerNames.sequence), leaf: expect.stringMatching(/^[\w-]{43}$/) });
  });

  it('numbers are dense from 0, whatever the sizes and the callers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 8 }), { maxLength: 12 }), async (calls) => {
        const world = new SigningWorld();
        const publisher = world.publisher('ingestion', { maxChunkBytes: 9000, maxChunkRecords: 5 });
        let n = 0;
        await Promise.all(calls.map((sizes) => publisher.publish(sizes.map((size) => signal(world, n++, 'x'.repeat(size))))));
        const records = world.broker.records(signals);
        expect(sequencesOf(records)).toEqual(Array.from({ length: n }, (_, at) => at));
        expect(publisher.ackedThrough()).toBe(n - 1);
        for (const record of records) expect(Number(header(record, 'ce_id').slice(3))).toBe(numberOf(record));
      }),
      { numRuns: 25 },
    );
  });

  it('what audit does not log is numbered apart, so that its log shows no hole', async () => {
    const world = new SigningWorld();
    const publisher = world.publisher('audit');
    const finding = eventOf(FindingRaised, { key: 'f', id: 'f', data: FindingRaised.examples.at(0)! }, world.clock);
    const checkpoint = (id: string): OutgoingEvent => eventOf(CheckpointSigned, { key: 'log', id, data: CheckpointSigned.examples.at(0)! }, world.clock);
    await publisher.publish([checkpoint('a'), finding, checkpoint('b')]);
    expect(sequencesOf(world.broker.records(`${prefix}nervus.audit.checkpoints.v1`))).toEqual([0, 1]);
    expect(sequencesOf(world.broker.records(`${prefix}nervus.audit.findings.v1`))).toEqual([0]);
    expect([publisher.ackedThrough('audited'), publisher.ackedThrough('unaudited')]).toEqual([0, 1]);
  });

  it('what is handed over in one turn, or while a send runs, leaves in one send', async () => {
    const world = new SigningWorld();
    const sends: (readonly OutboundRecord[])[] = [];
    const publisher = world.publisher('ingestion', spied(world, sends));
    world.broker.faults.sendDelayMs = 10;
    for (let n = 0; n < 5; n++) void publisher.publish([signal(world, n)]);
    await settled();
    for (let n = 5; n < 25; n++) void publisher.publish([signal(world, n)]);
    await world.clock.advance(20);
    expect(sends.map((records) => records.length)).toEqual([5, 20]);
  });

  it('what is handed over in the very moment of an acknowledgement is not left lying', async () => {
    const world = new SigningWorld();
    const publisher = world.publisher('ingestion');
    for (let n = 0; n < 20; n++) await publisher.publish([signal(world, n)]);
    expect(publisher.ackedThrough()).toBe(19);
  });

  it('no send is larger than a chunk, save one record that is larger by itself', async () => {
    const world = new SigningWorld();
    const sends: (readonly OutboundRecord[])[] = [];
    const publisher = world.publisher('ingestion', spied(world, sends));
    const large = [100_000, 100_000, 100_000, 100_000, 500_000, 1000].map((size, n) => signal(world, n, 'x'.repeat(size)));
    await publisher.publish(large);
    expect(sends.map((records) => records.map((record) => header(record, 'ce_id')))).toEqual([['id-0', 'id-1', 'id-2'], ['id-3'], ['id-4'], ['id-5']]);
  });
});

describe('refusal before a number is given', () => {
  const decision = (world: SigningWorld, over: Partial<OutgoingEvent> = {}): OutgoingEvent => ({
    ...eventOf(DecisionMade, { key: 'run', tenant: 'default', id: 'd', data: DecisionMade.examples.at(0)!, extensions: { actiondigest: 'x', tier: '1' } }, world.clock),
    ...over,
  });

  it.each<[string, string, (world: SigningWorld) => OutgoingEvent]>([
    ['a value above 512 KiB', 'record_too_large', (world) => signal(world, 1, 'x'.repeat(maxValueBytes))],
    ['a key above 1 KiB', 'record_too_large', (world) => decision(world, { key: 'k'.repeat(1025) })],
    ['headers above their limit', 'headers_too_large', (world) => decision(world, { extensions: { actiondigest: 'x', tier: '1', permit: 'p'.repeat(30_000) } })],
    ['a missing signed header', 'extension_missing', (world) => decision(world, { extensions: { tier: '1' } })],
    ['a signed header that its type does not have', 'extension_unknown', (world) => decision(world, { extensions: { actiondigest: 'x', tier: '1', result: 'failed' } })],
    ['an undeclared type', 'type_unknown', (world) => decision(world, { type: 'nervus.approval.nothing.v1' })],
    ['another topic than its own', 'topic_mismatch', (world) => decision(world, { topic: 'nervus.approval.stops.v1' })],
  ])('%s takes no number, and the others of its call none either', async (_, code, bad) => {
    const world = new SigningWorld();
    const publisher = world.publisher('ingestion');
    await expect(publisher.publish([signal(world, 0), bad(world)])).rejects.toMatchObject({ code, retryable: false, details: { id: bad(world).id } });
    await publisher.publish([signal(world, 2)]);
    expect(sequencesOf(world.broker.records(signals))).toEqual([0]);
  });
});

describe('failures', () => {
  it('after a lost acknowledgement the identical bytes are sent again, before anything else', async () => {
    const world = new SigningWorld();
    const sends: (readonly OutboundRecord[])[] = [];
    const publisher = world.publisher('ingestion', spied(world, sends));
    world.broker.faults.failNextSend(new ProducerError('closed', 'CONNECTION_CLOSED', true), true);
    const first = publisher.publish([signal(world, 0), signal(world, 1)]);
    await settled();
    const second = publisher.publish([signal(world, 2)]);
    await world.clock.advance(1000);
    await Promise.all([first, second]);
    expect(sends.map((records) => records.length)).toEqual([2, 2, 1]);
    expect(sends.at(1)).toBe(sends.at(0));
    expect([...new Set(sequencesOf(world.broker.records(signals)))]).toEqual([0, 1, 2]);
  });

  it('an error that is not retryable gets a new producer and the identical bytes once more', async () => {
    const world = new SigningWorld();
    let producers = 0;
    const client = world.broker.client();
    const publisher = world.publisher('ingestion', { client: { ...client, producer: () => (producers++, client.producer()) } });
    world.broker.faults.failNextSend(new ProducerError('sequence', 'OUT_OF_ORDER_SEQUENCE_NUMBER', false));
    await publisher.publish([signal(world, 0)]);
    expect(producers).toBe(2);
    expect(world.fatal).toEqual([]);
  });

  it('a topic that brokers do not know for a while is waited for, and one that stays away ends the process', async () => {
    const unknown = (): ProducerError => new ProducerError('no such topic', 'UNKNOWN_TOPIC_OR_PARTITION', false);
    const world = new SigningWorld();
    const publisher = world.publisher('ingestion');
    for (let n = 0; n < 5; n++) world.broker.faults.failNextSend(unknown());
    const publishing = publisher.publish([signal(world, 0)]);
    await world.clock.advance(30_000);
    await publishing;
    expect([sequencesOf(world.broker.records(signals)), world.fatal]).toEqual([[0], []]);
    for (let n = 0; n < 100; n++) world.broker.faults.failNextSend(unknown());
    publisher.publish([signal(world, 1)]).catch(() => undefined);
    await world.clock.advance(120_000);
    expect(world.fatal).toHaveLength(1);
  });

  it('a chunk that is refused twice ends the process: skipping its numbers would be a hole', async () => {
    const world = new SigningWorld();
    const publisher = world.publisher('ingestion');
    for (let n = 0; n < 2; n++) world.broker.faults.failNextSend(new ProducerError('not allowed', 'TOPIC_AUTHORIZATION_FAILED', false));
    await expect(publisher.publish([signal(world, 0)])).rejects.toMatchObject({ code: 'publisher_failed' });
    expect(world.fatal.map(String)).toEqual(['ProducerError: not allowed']);
    await expect(publisher.publish([signal(world, 1)])).rejects.toMatchObject({ code: 'publisher_failed', retryable: true });
    expect(publisher.ackedThrough()).toBe(-1);
  });

  it('a broker that is away for long is waited for', async () => {
    const world = new SigningWorld();
    const publisher = world.publisher('ingestion');
    world.broker.stop();
    const published = publisher.publish([signal(world, 0)]);
    await world.clock.advance(120_000);
    expect(publisher.depth).toBe(1);
    expect(publisher.oldestAgeMs).toBe(120_000);
    world.broker.start();
    await world.clock.advance(5000);
    await published;
    expect(world.fatal).toEqual([]);
  });

  it('bytes whose key expired meanwhile are not appended, because no one would believe them', async () => {
    const world = new SigningWorld();
    const key = world.key('ingestion', { lifeMs: 10_000 });
    const publisher = world.publisher('ingestion', { currentKey: () => key });
    world.broker.stop();
    const published = publisher.publish([signal(world, 0)]);
    published.catch(() => undefined);
    await world.clock.advance(11_000);
    world.broker.start();
    await world.clock.advance(10_000);
    await expect(published).rejects.toMatchObject({ code: 'publisher_failed' });
    expect(world.broker.records(signals)).toEqual([]);
    expect(world.fatal).toHaveLength(1);
  });
});

describe('keys', () => {
  it('without a key nothing is numbered, and everything waits', async () => {
    const world = new SigningWorld();
    const key = world.key('ingestion');
    let known = false;
    const publisher = world.publisher('ingestion', { currentKey: () => (known ? key : undefined) });
    const published = publisher.publish([signal(world, 0)]);
    await world.clock.advance(10_000);
    expect(publisher.depth).toBe(1);
    known = true;
    await world.clock.advance(1000);
    await published;
    expect(sequencesOf(world.broker.records(signals))).toEqual([0]);
  });

  it('a rotation between two sends loses no record, and each is believed', async () => {
    const world = new SigningWorld();
    const keys = [world.key('ingestion'), world.key('ingestion')];
    let at = 0;
    const publisher = world.publisher('ingestion', { currentKey: () => keys[at] });
    await publisher.publish([signal(world, 0)]);
    at = 1;
    await publisher.publish([signal(world, 1)]);
    const states = world.broker.records(signals).map((record) => world.verifier.verify(record));
    expect(new Set(states.map((state) => (state.state === 'verified' ? state.kid : state)))).toEqual(new Set(keys.map((key) => key.signer.kid)));
  });

  it('an event signed by a key of its own does not make the others be signed by it', async () => {
    const world = new SigningWorld();
    const own = world.key('ingestion');
    const publisher = world.publisher('ingestion');
    await Promise.all([publisher.publish([signal(world, 0)]), publisher.publish([signal(world, 1)], own), publisher.publish([signal(world, 2)])]);
    const kids = world.broker.records(signals).map((record) => ({ n: numberOf(record), kid: (world.verifier.verify(record) as { kid: string }).kid }));
    expect(kids.filter(({ kid }) => kid === own.signer.kid).map(({ n }) => n)).toEqual([1]);
  });
});

describe('raw records', () => {
  it('keep their bytes, take no number and stay in order with the rest', async () => {
    const world = new SigningWorld();
    const sends: (readonly OutboundRecord[])[] = [];
    const publisher = world.publisher('ingestion', spied(world, sends));
    const raw: OutboundRecord = { topic: `${prefix}nervus.ingestion.dlq.v1`, key: Buffer.from('k'), value: Buffer.from([0, 255]), headers: { a: [Buffer.from('1'), Buffer.from('2')] } };
    await Promise.all([publisher.publish([signal(world, 0)]), publisher.sendRaw([raw]), publisher.publish([signal(world, 1)])]);
    expect(sends.at(0)!.at(1)).toBe(raw);
    expect(world.broker.records(raw.topic).at(0)).toMatchObject({ key: raw.key, value: raw.value, headers: raw.headers });
    expect(sequencesOf(world.broker.records(signals))).toEqual([0, 1]);
  });
});

describe('waiting and closing', () => {
  it('a caller can wait until the queue is shorter', async () => {
    const world = new SigningWorld();
    const publisher = world.publisher('ingestion');
    world.broker.stop();
    for (let n = 0; n < 10; n++) void publisher.publish([signal(world, n)]);
    let below = false;
    void publisher.whenBelow(10).then(() => (below = true));
    await settled();
    expect(below).toBe(false);
    world.broker.start();
    await world.clock.advance(1000);
    expect(below).toBe(true);
    expect(publisher.depth).toBe(0);
  });

  it('closing sends what is queued', async () => {
    const world = new SigningWorld();
    const publisher = world.publisher('ingestion');
    const published = publisher.publish([signal(world, 0)]);
    await publisher.close({ drainMs: 5000 });
    await published;
    await expect(publisher.publish([signal(world, 1)])).rejects.toMatchObject({ code: 'publisher_closed' });
  });

  it('closing while the broker is away ends within the budget and tells the callers', async () => {
    const world = new SigningWorld();
    const publisher = world.publisher('ingestion');
    world.broker.stop();
    const published = publisher.publish([signal(world, 0)]);
    published.catch(() => undefined);
    let closed = false;
    void publisher.close({ drainMs: 5000 }).then(() => (closed = true));
    await world.clock.advance(6100);
    expect(closed).toBe(true);
    await expect(published).rejects.toMatchObject({ code: 'publisher_closed' });
    expect(world.fatal).toEqual([]);
  });
});

