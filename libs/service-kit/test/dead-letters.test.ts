// SPDX-License-Identifier: Apache-2.0
// A service whose one handler does what the test says, on a real broker: dead letters and the ways out of them. The
// console is played.
import { derivedId, DiscardRequested, headerNames, ownTopics, RedriveRequested, ReplayRequested, rootId, SignalAccepted, topics } from '@nervus/contracts';
import { PermanentError, type Received } from '@nervus/messaging';
import { On, UseCase } from '@nervus/messaging-nest';
import { ServiceWorld } from '@nervus/testing';
import { Module } from '@nestjs/common';
import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceDefinition } from '../src/index.js';

const { CommandAnswered } = ownTopics('reasoning');
const by = { account: { issuer: 'launcher', subject: 'nora' }, session: 'x', authenticatedAt: '2026-11-24T09:59:00.000Z' };

/** What the handler was given, and what it fails with, by event id. */
const handled: string[] = [];
const failing = new Map<string, Error>();

@UseCase()
class Perceive {
  @On(topics.ingestion.signals, SignalAccepted)
  async handle({ id }: Received<SignalAccepted>): Promise<void> {
    const error = failing.get(id);
    if (error) throw error;
    handled.push(id);
    return Promise.resolve();
  }
}

@Module({ controllers: [Perceive] })
class Sample {}

const sample: ServiceDefinition<Record<string, never>> = { service: 'reasoning', config: Type.Object({}), module: () => ({ module: Sample }) };

let world: ServiceWorld;
beforeAll(async () => {
  world = await ServiceWorld.open('reasoning');
  await world.start(sample);
});
afterAll(() => world.close());

const signal = (id: string, key: string, tenant = 'default'): Promise<unknown> => world.publish(SignalAccepted, { tenant, key, id, data: SignalAccepted.examples[0]! });
const letters = () => world.seen.filter(({ record }) => record.topic === `${world.prefix}nervus.reasoning.dlq.v1`);
const answerTo = async (commandId: string) => (await world.until(CommandAnswered, (data) => data.commandId === commandId))[0]!.data;
const newId = (): string => rootId(Date.now());

async function redrive(offset: string): Promise<{ code: string; status: number }> {
  const commandId = newId();
  await world.publish(RedriveRequested, { tenant: 'default', key: commandId, id: commandId, data: { commandId, service: 'reasoning', partition: 0, offset, reason: 'mended', by } });
  return answerTo(commandId);
}

async function deadLetterOf(id: string, key: string): Promise<string> {
  const before = letters().length;
  failing.set(id, new PermanentError('no_such_agent', 'there is no such agent'));
  await signal(id, key);
  await world.when(() => letters().length > before, `the dead letter of ${id}`);
  failing.delete(id);
  return String(letters().at(-1)!.record.offset);
}

describe('dead letters of a service', () => {
  it('a redriven one is handled as if it had just come, with its own id, number and signature', async () => {
    const id = derivedId('signal', 'redriven');
    const offset = await deadLetterOf(id, 'ACME');
    expect(handled).not.toContain(id);
    expect(await redrive(offset)).toMatchObject({ status: 200, code: 'accepted' });
    await world.when(() => handled.includes(id), 'the handling of the redriven record');
    const copy = world.seen.find(({ record, id: seen }) => seen === id && record.topic === `${world.prefix}nervus.reasoning.retry-1m.v1`);
    const letter = letters().find((one) => one.id === id);
    expect(copy!.headers[headerNames.sequence]).toBe(letter!.headers[headerNames.sequence]);
    expect(copy!.record.value).toEqual(letter!.record.value);
  });

  it('one that fails again is a new dead letter, which tells of both', async () => {
    const id = derivedId('signal', 'again');
    const offset = await deadLetterOf(id, 'ACME');
    failing.set(id, new PermanentError('still_no_agent', 'x'));
    const before = letters().length;
    await redrive(offset);
    await world.when(() => letters().length > before, 'the second dead letter');
    expect(JSON.parse(letters().at(-1)!.headers[headerNames.dead]!)).toMatchObject({ code: 'still_no_agent', group: `${world.prefix}reasoning` });
  });

  it('a place where nothing stands is answered, and so is one that is discarded', async () => {
    expect(await redrive('999')).toMatchObject({ status: 404, code: 'dead_letter_unknown' });
    const offset = await deadLetterOf(derivedId('signal', 'discarded'), 'ACME');
    const commandId = newId();
    await world.publish(DiscardRequested, { tenant: 'default', key: commandId, id: commandId, data: { commandId, service: 'reasoning', partition: 0, offset, reason: 'cancelled', by } });
    expect(await answerTo(commandId)).toMatchObject({ status: 200 });
    expect(handled).not.toContain(derivedId('signal', 'discarded'));
  });

  it('commands for another service are left alone', async () => {
    const commandId = newId();
    await world.publish(RedriveRequested, { tenant: 'default', key: commandId, id: commandId, data: { commandId, service: 'action', partition: 0, offset: '0', reason: 'x', by } });
    await redrive('999');
    expect(world.of(CommandAnswered, (data) => data.commandId === commandId)).toEqual([]);
  });
});

describe('replay', () => {
  const replay = async (wish: Partial<ReplayRequested>): Promise<{ code: string; status: number; detail: string }> => {
    const commandId = newId();
    const base = { commandId, service: 'reasoning' as const, topic: topics.ingestion.signals.name, from: new Date(0).toISOString(), to: new Date(Date.now() + 60_000).toISOString(), dryRun: false, reason: 'a rule was wrong', by };
    await world.publish(ReplayRequested, { tenant: 'default', key: commandId, id: commandId, data: { ...base, ...wish } });
    return answerTo(commandId);
  };

  it('records of a time and a key are handled again in order; others, other tenants and the place of the group are left alone', async () => {
    const mine = [1, 2, 3].map((n) => derivedId('signal', 'replayed', String(n)));
    const foreign = derivedId('signal', 'foreign');
    const began = new Date().toISOString();
    for (const id of mine) await signal(id, 'REPLAYED');
    await signal(foreign, 'REPLAYED', 'acme');
    await world.when(() => [...mine, foreign].every((id) => handled.includes(id)), 'the first handling');
    const committed = async (): Promise<string> => {
      const admin = await world.client.admin();
      const offsets = await admin.committedOffsets(`${world.prefix}reasoning`, [`${world.prefix}${topics.ingestion.signals.name}`]);
      await admin.close();
      return offsets.map(({ partition, offset }) => `${partition}/${offset}`).toSorted().join(' ');
    };
    const written = async (): Promise<string> => {
      const admin = await world.client.admin();
      const ends = await admin.endOffsets(`${world.prefix}${topics.ingestion.signals.name}`);
      await admin.close();
      return ends.filter(({ high }) => high > 0n).map(({ partition, high }) => `${partition}/${high}`).toSorted().join(' ');
    };
    const before = await written();
    await world.when(async () => (await committed()) === before, 'the commit of all that was handled');
    handled.length = 0;
    expect(await replay({ from: began, key: 'default/REPLAYED', dryRun: true })).toMatchObject({ status: 200, detail: expect.stringMatching(/^3 records .*would be/) as string });
    expect(await replay({ from: began, key: 'default/REPLAYED' })).toMatchObject({ status: 200 });
    await world.when(() => handled.length >= 3, 'the second handling');
    expect(handled).toEqual(mine);
    expect(await replay({ from: began })).toMatchObject({ detail: expect.stringMatching(/^3 records/) as string });
    expect(await committed()).toBe(before);
  });

  it('what the service does not read is refused', async () => {
    expect(await replay({ topic: 'nervus.action.intents.v1' })).toMatchObject({ status: 409, code: 'topic_not_read' });
    expect(await replay({ topic: 'nervus.reasoning.dlq.v1' })).toMatchObject({ status: 409, code: 'topic_not_read' });
  });
});
