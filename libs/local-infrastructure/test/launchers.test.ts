// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { createServer } from 'node:net';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { identityOf, isRunning, type ProcessIdentity } from '../src/process-identity.js';
import { LocalFolder } from './local-folder.js';

const fixture = fileURLToPath(new URL('fixtures/launcher.mjs', import.meta.url));
const built = fileURLToPath(new URL('../dist/index.js', import.meta.url));
let launcher: ChildProcess | undefined;

afterEach(() => {
  launcher?.kill('SIGTERM');
  launcher = undefined;
});

/** Starts a launcher process and resolves with the servers that it runs. */
async function launch(dataDir: string): Promise<ProcessIdentity[]> {
  expect(existsSync(built), 'the package is not built: run npm run build first').toBe(true);
  const child = spawn(process.execPath, [fixture, dataDir], { stdio: ['pipe', 'pipe', 'inherit'] });
  launcher = child;
  for await (const line of createInterface({ input: child.stdout })) {
    const { processes } = JSON.parse(line) as { processes: { pid: number }[] };
    return processes.map(({ pid }) => identityOf(pid)).filter((identity) => identity !== undefined);
  }
  throw new Error('the launcher ended before it was ready');
}

describe('two launchers', () => {
  it('do not share a data folder; what one leaves when it is killed, the next one ends', async () => {
    using folder = new LocalFolder();
    const servers = await launch(folder.path);
    expect(servers).toHaveLength(2);
    await expect(folder.start()).rejects.toMatchObject({ code: 'data_folder_in_use', details: { pid: launcher?.pid } });

    launcher?.kill('SIGKILL');
    if (launcher) await once(launcher, 'exit');
    // A killed launcher cannot stop them: without this the test would prove nothing.
    expect(servers.every(isRunning)).toBe(true);

    const next = await folder.start({ database: 'memory' });
    try {
      expect(servers.filter(isRunning)).toEqual([]);
      expect(folder.lines.filter((line) => line.includes('left behind'))).toHaveLength(2);
      expect(next.processes.map(({ name }) => name)).toEqual(['broker', 'database']);
    } finally {
      await next.stop();
    }
  });

  it('that start at the same moment and want the same ports get servers of their own', async () => {
    using one = new LocalFolder();
    using other = new LocalFolder();
    const ports = { broker: 26092, controller: 26093, database: 29417 };
    const both = await Promise.all([one, other].map((folder) => folder.start({ ports, database: 'memory' })));
    try {
      expect(new Set(both.flatMap(({ kafka }) => kafka.brokers)).size).toBe(2);
      expect(new Set(both.map(({ database }) => database.uri)).size).toBe(2);
      // Each still runs all that it believes in: nobody took the other's server for its own.
      expect(both.map(({ processes }) => processes.length)).toEqual([2, 2]);
    } finally {
      await Promise.all(both.map((infrastructure) => infrastructure.stop()));
    }
  });

  it('leave nothing running when they exit without a stop', async () => {
    using folder = new LocalFolder();
    const servers = await launch(folder.path);
    launcher?.kill('SIGTERM');
    await expect.poll(() => servers.filter(isRunning), { timeout: 15_000 }).toEqual([]);
  });
});

describe('a start that fails', () => {
  it('shows the log of a broker that does not come up, and leaves nothing running and the folder free', async () => {
    using folder = new LocalFolder();
    const failure = await folder.start({ database: 'memory', brokerProperties: { 'num.io.threads': 'many' } }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'start_failed', message: expect.stringContaining('num.io.threads') });
    expect(existsSync(`${folder.path}/launcher.lock`)).toBe(false);
  });

  it('refuses a taken port when ports are pinned, and takes another one when they are not', async () => {
    using folder = new LocalFolder();
    const squatter = createServer().listen(25092, '127.0.0.1');
    await once(squatter, 'listening');
    const ports = { broker: 25092, controller: 25093, database: 29317 };
    await expect(folder.start({ ports, pinPorts: true })).rejects.toMatchObject({ code: 'port_taken', details: { port: 25092 } });
    const giveUp = new AbortController();
    const starting = folder.start({ ports, signal: giveUp.signal, log: (line) => folder.lines.push(line) && line.includes('Port 25092') && giveUp.abort() });
    await expect(starting).rejects.toMatchObject({ code: 'aborted' });
    expect(folder.lines).toContainEqual(expect.stringContaining('Port 25092 of the broker is in use: taking'));
    squatter.close();
  });

  it('names external servers that cannot be reached, without the password', async () => {
    using folder = new LocalFolder();
    await expect(folder.start({ kafkaBrokers: ['127.0.0.1:9'] })).rejects.toMatchObject({ code: 'broker_unreachable', message: expect.stringContaining('127.0.0.1:9') });
    const failure = await folder.start({ mongoUri: 'mongodb://ann:secret@127.0.0.1:9/?serverSelectionTimeoutMS=500' }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'database_unreachable' });
    expect(String(failure)).not.toContain('secret');
  });
});
