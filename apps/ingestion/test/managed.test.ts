// SPDX-License-Identifier: Apache-2.0
// Sources that people apply and pause while two processes of ingestion run.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownTopics, rootId, SignalAccepted, SourceApplyRequested, SourceChanged, SourcePauseRequested } from '@nervus/contracts';
import { ServiceWorld } from '@nervus/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ingestionService } from '../src/ingestion.service.js';
import { FeedServer, rss } from './feed-server.js';
import { type Answer, request, secretOf, Sender, signedBy, writeSources } from './sender.js';

const { CommandAnswered } = ownTopics('ingestion');
const by = { account: { issuer: 'launcher', subject: 'olga' }, session: 'a'.repeat(43), authenticatedAt: '2026-11-24T10:00:00.000Z' };

let world: ServiceWorld;
let feeds: FeedServer;
let environment: Record<string, string>;
/** Where both processes listen. */
const bases: string[] = [];

async function start(): Promise<void> {
  const service = await world.start(ingestionService, environment);
  bases.push(`http://127.0.0.1:${service.httpPort}`);
}

beforeAll(async () => {
  world = await ServiceWorld.open('ingestion');
  feeds = await FeedServer.listen();
  feeds.on('/feed', () => ({ status: 200, body: rss([{ id: '1', title: 'A' }]) }));
  environment = writeSources(world.folder, [{ name: 'shipped', spec: { kind: 'webhook', auth: signedBy('default', 'shipped') } }]);
  environment['NERVUS_INTERNAL_FEEDS'] = feeds.host;
  writeFileSync(join(environment['NERVUS_SECRETS'] ?? '', 'default-orders'), secretOf('default-orders'));
  await start();
  await start();
});
afterAll(async () => {
  await world.close();
  await feeds.close();
});

const manifest = (spec: object, name = 'orders', tenant = 'default'): Record<string, unknown> => ({ apiVersion: 'nervus.dev/v1', kind: 'Source', metadata: { name, tenant, owner: 'group:shop' }, spec: { subject: { constant: name }, class: 'internal', ...spec } });

async function answerTo(commandId: string): Promise<{ readonly status: number; readonly code: string; readonly detail: string }> {
  const [answer] = await world.until(CommandAnswered, (data) => data.commandId === commandId);
  const { status, code, detail } = answer!.data;
  return { status, code, detail };
}
async function apply(wanted: Record<string, unknown>, dryRun = false, name = 'orders') {
  const commandId = rootId(Date.now());
  await world.publish(SourceApplyRequested, { tenant: 'default', key: name, id: commandId, data: { commandId, manifest: wanted, dryRun, reason: 'The shop goes live.', by } });
  return answerTo(commandId);
}
async function pause(name: string, paused: boolean) {
  const commandId = rootId(Date.now());
  await world.publish(SourcePauseRequested, { tenant: 'default', key: name, id: commandId, data: { commandId, name, paused, reason: 'Every order came twice.', by } });
  return answerTo(commandId);
}
/** The same event to every process, until each answers so. */
const everywhere = (name: string, status: number): Promise<void> =>
  world.when(async () => (await Promise.all(bases.map((base) => Sender.to(base, name).send({ n: 1 })))).every((answer: Answer) => answer.status === status), `status ${status} of ${name} in every process`);

describe('sources under commands', () => {
  it('an applied source takes events in every process, without a restart', async () => {
    await everywhere('orders', 404);
    expect(await apply(manifest({ kind: 'webhook', auth: signedBy('default', 'orders') }))).toMatchObject({ status: 200, code: 'accepted' });
    await everywhere('orders', 202);
    expect((await world.until(SourceChanged, ({ name }) => name === 'orders'))[0]?.data).toMatchObject({ managedBy: 'commands', version: 1, by: 'launcher/olga', reason: 'The shop goes live.' });
  });

  it('a paused source answers 503 with Retry-After, and the retried event arrives once it goes on', async () => {
    expect(await pause('orders', true)).toMatchObject({ status: 200 });
    await everywhere('orders', 503);
    const refused = await Sender.to(bases[0]!, 'orders').send({}, 'm-paused');
    expect([refused.headers.get('retry-after'), refused.body['code']]).toEqual(['10', 'source_paused']);
    expect(await pause('orders', true)).toMatchObject({ status: 409, code: 'already_paused' });
    expect(await pause('orders', false)).toMatchObject({ status: 200 });
    await everywhere('orders', 202);
    expect((await Sender.to(bases[1]!, 'orders').send({}, 'm-paused')).status).toBe(202);
    await world.until(SignalAccepted, (data) => data.origin.id === 'm-paused');
  });

  it('a feed that is applied is read, and is not while it is paused', async () => {
    const feed = manifest({ kind: 'feed', config: { urls: [`http://${feeds.host}/feed`], everySeconds: 10 } }, 'press');
    expect(await apply(feed, false, 'press')).toMatchObject({ status: 200 });
    await world.until(SignalAccepted, (data) => data.source === 'press');
    expect(await pause('press', true)).toMatchObject({ status: 200 });
    expect(await pause('press', false)).toMatchObject({ status: 200 });
  });

  it('what cannot stand is refused with every fault, and changes nothing', async () => {
    expect(await apply(manifest({ kind: 'webhook', auth: { kind: 'basic' }, colour: 'red' }, 'broken'), false, 'broken')).toMatchObject({ status: 422, code: 'manifest_invalid', detail: expect.stringContaining('/spec/auth/kind') });
    expect(await apply(manifest({ kind: 'webhook', auth: { kind: 'github', secretFiles: ['not-there'] } }, 'broken'), false, 'broken')).toMatchObject({ status: 422, code: 'secret_unreadable', detail: expect.stringContaining('not-there') });
    expect(await apply(manifest({ kind: 'webhook', auth: signedBy('default', 'orders') }, 'broken', 'other'), false, 'broken')).toMatchObject({ status: 404, code: 'tenant_unknown' });
    expect(await apply(manifest({ kind: 'webhook', auth: signedBy('default', 'orders') }, 'shipped'), false, 'shipped')).toMatchObject({ status: 409, code: 'managed_by_files' });
    expect(await apply(manifest({ kind: 'webhook', auth: signedBy('default', 'orders'), class: 'pii' }), true)).toMatchObject({ status: 200, detail: expect.stringContaining('version 4') });
    await everywhere('broken', 404);
    expect(world.of(SourceChanged, ({ name, version }) => name === 'broken' || (name === 'orders' && version > 3))).toEqual([]);
  });

  it('a source of the folder is published with the first start, and can be paused', async () => {
    await world.until(SourceChanged, ({ name, managedBy }) => name === 'shipped' && managedBy === 'files');
    expect(await pause('shipped', true)).toMatchObject({ status: 200 });
    await everywhere('shipped', 503);
  });

  it('a process that starts later knows what was applied and what is paused', async () => {
    await start();
    expect((await Sender.to(bases[2]!, 'orders').send({})).status).toBe(202);
    expect((await Sender.to(bases[2]!, 'shipped').send({})).status).toBe(503);
    expect((await request(`${bases[2]}/v1/default/none`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })).status).toBe(404);
  });
});
