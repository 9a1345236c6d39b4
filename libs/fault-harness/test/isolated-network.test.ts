// SPDX-License-Identifier: Apache-2.0
/// <reference types="node" />
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { disturb, IsolatedNetwork, partitioned, pause, until } from '../src/index.js';

const unmet = await IsolatedNetwork.unmet();
const never = new AbortController().signal;
let network: IsolatedNetwork | undefined;
let child: ChildProcess | undefined;
let server: Server | undefined;

afterEach(async () => {
  if (child && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  server?.close();
  await network?.close();
});

/** Connects and then says a number ten times a second for as long as it lives. */
const talker = `const socket = require('net').connect({ host: process.env.TO, port: Number(process.env.PORT) }); let n = 0; socket.on('error', (error) => { console.log(error.code); process.exit(9); }); setInterval(() => socket.write(n++ + '\\n'), 100)`;

describe('a process on an island', () => {
  it('is cut off without being told, keeps its connection, and is heard again afterwards', async ({ skip }) => {
    skip(unmet !== undefined, unmet);
    network = await IsolatedNetwork.create(['talker']);
    let heard = 0;
    const sockets = new Set<Socket>();
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on('data', (data: Buffer) => void (heard += data.length)).on('error', () => {});
    });
    server.listen(0, network.here.wire);
    await once(server, 'listening');

    const island = network.island('talker');
    child = spawn(process.execPath, ['-e', talker], { env: { ...process.env, ...island.environment, TO: network.here.wire, PORT: String((server.address() as AddressInfo).port) }, stdio: 'inherit' });
    await until('the first words', { limitMs: 20_000 }, () => heard > 0);
    expect([...sockets].map(({ remoteAddress }) => remoteAddress)).toEqual([island.wireAddress]);

    let whileCut = -1;
    await disturb(
      partitioned(network, 'talker', 1, async (signal) => {
        // What was on its way has come by then; that nothing more comes can only be seen by waiting for it.
        await pause(300, signal);
        const before = heard;
        await pause(1_000, signal);
        whileCut = heard - before;
      }),
      never,
    );
    expect(whileCut).toBe(0);
    const before = heard;
    await until('words after the cut', { limitMs: 20_000 }, () => heard > before);
    expect(sockets.size).toBe(1);
    expect(child.exitCode).toBeNull();
  }, 60_000);

  it('two islands are cut one at a time, and the side line stays', async ({ skip }) => {
    skip(unmet !== undefined, unmet);
    network = await IsolatedNetwork.create(['one', 'two']);
    const asked = async (name: string, address: string, port: number): Promise<string> => {
      const { command } = network!.island(name);
      const run = spawn(command[0]!, [...command.slice(1), process.execPath, '-e', `require('net').connect({ host: '${address}', port: ${port}, timeout: 1500 }).on('connect', () => process.exit(0)).on('timeout', () => process.exit(4)).on('error', () => process.exit(5))`], { stdio: 'inherit' });
      const [status] = (await once(run, 'exit')) as [number];
      return { 0: 'reached', 4: 'silence' }[status] ?? `status ${status}`;
    };
    server = createServer((socket) => socket.on('error', () => {}).destroy());
    server.listen(0, '0.0.0.0');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { here } = network;
    await network.cut('one');
    expect(await asked('one', here.wire, port)).toBe('silence');
    expect(await asked('one', here.side, port)).toBe('reached');
    expect(await asked('two', here.wire, port)).toBe('reached');
    await network.heal('one');
    expect(await asked('one', here.wire, port)).toBe('reached');
  }, 60_000);
});
