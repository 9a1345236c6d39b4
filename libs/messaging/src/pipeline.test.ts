// SPDX-License-Identifier: Apache-2.0
import { DecisionMade, RequestChanged, SignalAccepted, StopChanged } from '@nervus/contracts';
import { describe, expect, it } from 'vitest';
import { Engine } from './engine/engine.js';
import { PermanentError } from './errors.js';
import type { Received } from './event.js';
import { parseDeathReason } from './middleware/dead-letter.js';
import { parseRetryNote } from './middleware/retry-note.js';
import { noPipelineObserver } from './middleware/observer.js';
import { Quarantine } from './middleware/quarantine.js';
import { type DeadLetter, type EventHandler, type PipelineOptions, createPipeline } from './pipeline.js';
import { inHand, outcomeOf, published } from './testing/deliveries.js';
import { MemoryKeyParking } from './testing/memory-parking.js';
import { SigningWorld, prefix } from './testing/signing-world.js';

const deadLetters = `${prefix}nervus.reasoning.dlq.v1`;
const reports = `${prefix}nervus.reasoning.quarantine.v1`;

function pipelineOf(world: SigningWorld, handlers: Record<string, EventHandler>, options: Partial<PipelineOptions> = {}) {
  const publisher = world.publisher('reasoning');
  const quarantine = new Quarantine({ service: 'reasoning', groupId: 'g', clock: world.clock, observer: noPipelineObserver, publish: (events) => publisher.publish(events) });
  const parking = new MemoryKeyParking();
  return createPipeline({
    service: 'reasoning', topicPrefix: prefix, groupId: 'g', clock: world.clock, random: () => 1, verifier: world.verifier, catchUp: async () => undefined, publisher, quarantine, parking, handlers: new Map(Object.entries(handlers)), ...options,
  });
}

describe('pipeline', () => {
  it('a good record reaches its handler once, decoded', async () => {
    const world = new SigningWorld();
    const seen: Received<unknown>[] = [];
    const { record, lease } = inHand(await published(world, 'ingestion', SignalAccepted));
    await pipelineOf(world, { [SignalAccepted.type]: async (event) => void seen.push(event) })(record, lease);
    expect(seen).toEqual([expect.objectContaining({ type: SignalAccepted.type, data: SignalAccepted.examples.at(0) })]);
  });

  it('a forged record is reported and finished, and no handler sees it', async () => {
    const world = new SigningWorld();
    const { record, lease } = inHand(await published(world, 'ingestion', SignalAccepted));
    const handler: EventHandler = () => Promise.reject(new Error('must not be called'));
    await pipelineOf(world, { [SignalAccepted.type]: handler })({ ...record, value: Buffer.from('{}') }, lease);
    expect(world.broker.records(reports)).toHaveLength(1);
    expect(world.broker.records(deadLetters)).toEqual([]);
  });

  it('what its handler refuses for good is dead-lettered and finished', async () => {
    const world = new SigningWorld();
    const { record, lease } = inHand(await published(world, 'ingestion', SignalAccepted));
    await pipelineOf(world, { [SignalAccepted.type]: () => Promise.reject(new PermanentError('no_such_agent', 'no')) })(record, lease);
    expect(world.broker.records(deadLetters).map((copy) => parseDeathReason(copy)?.code)).toEqual(['no_such_agent']);
  });

  it('a handler that hangs is left for later after its retries, and the partition goes on', async () => {
    const world = new SigningWorld();
    const { record, lease } = inHand(await published(world, 'ingestion', SignalAccepted));
    const running = pipelineOf(world, { [SignalAccepted.type]: () => new Promise(() => undefined) }, { handlerMs: 1000, retryMs: 5000 })(record, lease);
    expect(await outcomeOf(world, running, 20_000)).toBeUndefined();
    expect(world.broker.records(`${prefix}nervus.reasoning.retry-1m.v1`).map((copy) => parseRetryNote(copy))).toEqual([expect.objectContaining({ code: 'timeout' })]);
    expect(world.broker.records(deadLetters)).toEqual([]);
  });

  it('a declared type without a handler is finished', async () => {
    const world = new SigningWorld();
    const { record, lease } = inHand(await published(world, 'approval', DecisionMade));
    await pipelineOf(world, {})(record, lease);
    expect(world.broker.records(deadLetters)).toEqual([]);
  });

  it('a tombstone reaches only who asked for tombstones', async () => {
    const world = new SigningWorld();
    const gone: string[] = [];
    const { record, lease } = inHand(await published(world, 'approval', RequestChanged, { data: null }));
    const handler: EventHandler = () => Promise.reject(new PermanentError('called', 'must not be called'));
    await pipelineOf(world, { [RequestChanged.type]: handler })(record, lease);
    await pipelineOf(world, {}, { tombstones: new Map([[RequestChanged.type, async (event) => void gone.push(event.key)]]) })(record, lease);
    expect(gone).toEqual(['default/key']);
    expect(world.broker.records(deadLetters)).toEqual([]);
  });

  it('a dead letter is never handled as if it were its original', async () => {
    const world = new SigningWorld();
    const original = inHand(await published(world, 'ingestion', SignalAccepted));
    await pipelineOf(world, { [SignalAccepted.type]: () => Promise.reject(new PermanentError('x', 'x')) })(original.record, original.lease);
    const [copy] = world.broker.records(deadLetters);
    const letters: DeadLetter[] = [];
    const handler: EventHandler = () => Promise.reject(new PermanentError('called', 'must not be called'));
    await pipelineOf(world, { [SignalAccepted.type]: handler }, { deadLetters: async (letter) => void letters.push(letter) })(copy!, inHand(copy!).lease);
    expect(letters).toEqual([expect.objectContaining({ record: copy, reason: expect.objectContaining({ code: 'x' }) })]);
    expect(world.broker.records(deadLetters)).toHaveLength(1);
  });

  it('rejects only for a lost lease', async () => {
    const world = new SigningWorld();
    const delivery = inHand(await published(world, 'ingestion', SignalAccepted));
    delivery.revoke();
    await expect(pipelineOf(world, { [SignalAccepted.type]: async () => undefined })(delivery.record, delivery.lease)).rejects.toMatchObject({ code: 'lease_revoked' });
  });

  it('in the engine, a poison record holds up neither its partition nor the commit', async () => {
    const world = new SigningWorld();
    const handled: string[] = [];
    const pipeline = pipelineOf(world, {
      [StopChanged.type]: async (event) => {
        if (event.key === 'default/poison') throw new PermanentError('poison', 'x');
        handled.push(event.key);
      },
    });
    const topic = `${prefix}nervus.approval.stops.v1`;
    const engine = new Engine({ client: world.broker.client(), groupId: 'g', subscriptions: [{ topic, from: 'beginning', handle: { record: pipeline } }], clock: world.clock, onFatal: (error) => world.fatal.push(error) });
    await engine.start();
    for (const key of ['a', 'poison', 'b']) await published(world, 'approval', StopChanged, { key });
    await world.clock.advance(1000);
    expect(handled.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(['default/a', 'default/b']);
    const committed = [...world.broker.group('g').committed.values()].reduce((sum, offset) => sum + offset, 0n);
    expect(committed).toBe(3n);
    expect(world.broker.records(deadLetters)).toHaveLength(1);
    expect(world.fatal).toEqual([]);
  });
});
