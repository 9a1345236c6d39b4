// SPDX-License-Identifier: Apache-2.0
// Schedules that two processes fire, of one database.
import { ownTopics, rootId, SignalAccepted, SourcePauseRequested } from '@nervus/contracts';
import { ServiceWorld } from '@nervus/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ingestionService } from '../src/ingestion.service.js';
import { writeSources } from './sender.js';

const by = { account: { issuer: 'launcher', subject: 'olga' }, session: 'a'.repeat(43), authenticatedAt: '2026-11-24T10:00:00.000Z' };
const everySecond = (name: string, config: object = {}) => ({ name, spec: { kind: 'schedule', config: { cron: '* * * * * *', timeZone: 'Europe/Berlin', content: { report: 'daily' }, ...config } } });

let world: ServiceWorld;
let environment: Record<string, string>;
const ticks = (source: string) => world.of(SignalAccepted, (data) => data.source === source);
const instants = (source: string): string[] => ticks(source).map(({ data }) => data.origin.id);

beforeAll(async () => {
  world = await ServiceWorld.open('ingestion');
  environment = writeSources(world.folder, [everySecond('clock'), everySecond('paused', { misfire: 'all', maxCatchUp: 1000 })]);
});
afterAll(() => world.close());

async function pause(paused: boolean): Promise<void> {
  const commandId = rootId(Date.now());
  await world.publish(SourcePauseRequested, { tenant: 'default', key: 'paused', id: commandId, data: { commandId, name: 'paused', paused, reason: 'A test.', by } });
  await world.until(ownTopics('ingestion').CommandAnswered, (data) => data.commandId === commandId && data.status === 200);
}
const seconds = (times: readonly string[]): number[] => times.map((time) => Date.parse(time) / 1000);
/** That no second is missing between the first and the last, and none is there twice. */
function expectEverySecond(times: readonly string[]): void {
  const sorted = seconds(times).toSorted((a, b) => a - b);
  expect(sorted).toEqual(sorted.map((_, n) => (sorted[0] ?? 0) + n));
}

describe('schedules', () => {
  it('old and new version of a schedule fire once', async () => {
    const old = await world.start(ingestionService, environment);
    await world.until(SignalAccepted, (data) => data.source === 'clock', 2);
    await world.start(ingestionService, environment);
    const both = ticks('clock').length;
    await world.when(() => ticks('clock').length >= both + 4, 'ticks of both');
    await world.stop(old);
    const alone = ticks('clock').length;
    await world.when(() => ticks('clock').length >= alone + 3, 'ticks of the new one alone');
    expectEverySecond(instants('clock'));
    const [{ data, key }] = ticks('clock') as [ReturnType<typeof ticks>[number]];
    expect([key, data.kind, data.origin.type, data.labels['']?.trust]).toEqual(['default/clock', 'schedule.tick', 'schedule.tick', 'system']);
    expect(data.content).toEqual({ report: 'daily', scheduledAt: data.origin.id });
  });

  it('a blocked schedule recovers', async () => {
    await world.until(SignalAccepted, (data) => data.source === 'paused', 2);
    await pause(true);
    const before = ticks('paused').length;
    const then = ticks('clock').length;
    await world.when(() => ticks('clock').length >= then + 4, 'time to pass');
    // What was on its way when the pause came may still arrive.
    expect(ticks('paused').length).toBeLessThanOrEqual(before + 2);
    await pause(false);
    await world.when(() => ticks('paused').length >= before + 5, 'what was missed');
    expectEverySecond(instants('paused'));
  });
});
