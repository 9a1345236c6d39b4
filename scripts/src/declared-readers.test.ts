// SPDX-License-Identifier: Apache-2.0
// Who is declared to read a topic as a group has a handler for it. Else the service would hold a right that it has no use
// for, and would seem to be behind for ever.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { services, topics, topicsReadBy } from '@nervus/contracts';
import { expect, it } from 'vitest';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Names of topics that stand in `@On(topics.<owner>.<stream>, ...)` of a folder. */
function handledIn(folder: string): Set<string> {
  const sources = globSync('**/*.ts', { cwd: join(root, folder) }).filter((file) => !file.endsWith('.test.ts'));
  const named = sources.flatMap((file) => [...readFileSync(join(root, folder, file), 'utf8').matchAll(/@On\(topics\.(\w+)\.(\w+)/g)]);
  return new Set(named.map(([, owner, stream]) => (topics as unknown as Record<string, Record<string, { readonly name: string }>>)[owner!]?.[stream!]?.name ?? ''));
}

const everywhere = handledIn('libs/service-kit/src');

// audit takes every record as bytes; the heartbeats of each service, which only the console reads, have a handler made in a loop.
it.each(services.filter((service) => service !== 'audit'))('%s handles every topic that it is declared to read as a group', (service) => {
  const handled = handledIn(service === 'console' ? 'apps/console/server/src' : `apps/${service}/src`);
  const idle = topicsReadBy(service, 'group').filter(({ name, copies, stream }) => !copies && stream !== 'heartbeats' && !handled.has(name) && !everywhere.has(name));
  expect(idle.map(({ name }) => name)).toEqual([]);
});
