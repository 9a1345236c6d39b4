// SPDX-License-Identifier: Apache-2.0
// The whole mesh as `npm start -- --secure` runs it: with its declared rights, and no others, it does all that it does.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { subjectOf } from '@nervus/bench';
import { services } from '@nervus/contracts';
import { freePort, Installation } from '@nervus/scripts/mesh';
import { mongoUri, uniqueName } from '@nervus/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { layLoadFolders, loadSources } from '../src/index.js';
import { send } from './webhooks.js';

const name = uniqueName('secure');
const dataDir = mkdtempSync(join(tmpdir(), `${name}-`));
let installation: Installation;
let stopped: Promise<void> | undefined;
const stop = (): Promise<void> => (stopped ??= installation.stop(() => undefined));

beforeAll(async () => {
  const deskPort = await freePort();
  installation = await Installation.prepare({
    dataDir, database: 'memory', mongoUri: mongoUri(), mode: 'java', secure: 'oauth', ports: { broker: 32_092, controller: 32_093 }, log: () => undefined,
    anyPort: true, deskPort, folders: layLoadFolders(dataDir, deskPort), signedSources: loadSources, subjectOf,
    environment: Object.fromEntries(services.map((service) => [service, { NERVUS_DATABASE: `${name}-${service}` }])),
  });
  await installation.start(dataDir);
}, 240_000);
afterAll(async () => {
  await stop();
  rmSync(dataDir, { recursive: true, force: true });
}, 60_000);

it('an event of each kind has its effect, and from start to stop nothing that a service does is refused', { timeout: 120_000 }, async () => {
  const { mesh, desk, place } = installation;
  const world = { ingestion: mesh.urlOf('ingestion').replace('localhost', '127.0.0.1'), secretsFolder: place.secretsFolder };
  for (const source of loadSources) expect(await send(world, { source, subject: `${source}-1` })).toBe(202);
  await desk.whenSubjects(loadSources.length);
  expect(loadSources.every((source) => desk.has(`${source}-1`))).toBe(true);
  await stop();
  const log = readFileSync(join(dataDir, 'infrastructure', 'logs', 'broker.log'), 'utf8');
  expect(log.split('\n').filter((line) => line.includes(' is Denied '))).toEqual([]);
});
