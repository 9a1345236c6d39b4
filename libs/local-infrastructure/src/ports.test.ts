// SPDX-License-Identifier: Apache-2.0
import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { choosePorts, portIsFree } from './ports.js';

const preferred = { broker: 9000, controller: 9001, database: 9002 };
const except = (...taken: number[]) => async (port: number) => !taken.includes(port);

describe('choosing ports', () => {
  it('takes the preferred ones when they are free, and says nothing', async () => {
    const log: string[] = [];
    await expect(choosePorts({ preferred, pinned: false }, (line) => log.push(line), except())).resolves.toEqual(preferred);
    expect(log).toEqual([]);
  });

  it('takes the next free one and prints it, never the same for two servers', async () => {
    const log: string[] = [];
    const ports = await choosePorts({ preferred, pinned: false }, (line) => log.push(line), except(9000));
    expect(ports).toEqual({ broker: 9001, controller: 9002, database: 9003 });
    expect(log[0]).toBe('Port 9000 of the broker is in use: taking 9001');
  });

  it('avoids a port that turned out to be taken though it looked free', async () => {
    const ports = await choosePorts({ preferred: { database: 9002 }, pinned: false, avoid: new Set([9002]) }, () => {}, except());
    expect(ports.database).toBe(9003);
  });

  it('refuses when a pinned port is taken, naming it', async () => {
    await expect(choosePorts({ preferred, pinned: true }, () => {}, except(9002))).rejects.toMatchObject({ code: 'port_taken', details: { port: 9002, server: 'database' } });
  });

  it('does not look at the ports of external servers', async () => {
    await expect(choosePorts({ preferred: { broker: 9000, controller: 9001 }, pinned: true }, () => {}, except(9002))).resolves.toMatchObject({ broker: 9000 });
  });

  it('gives up when nothing is free near the preferred port, rather than search for ever', async () => {
    await expect(choosePorts({ preferred: { ...preferred, broker: 65_530 }, pinned: false }, () => {}, async () => false)).rejects.toMatchObject({ code: 'port_taken' });
  });
});

describe('looking at a port', () => {
  const servers: Server[] = [];
  afterEach(() => servers.splice(0).forEach((server) => server.close()));
  const listen = (host: string): Promise<number> =>
    new Promise((resolve) => {
      const server = createServer().listen({ port: 0, host }, () => {
        const address = server.address();
        resolve(typeof address === 'object' && address ? address.port : 0);
      });
      servers.push(server);
    });

  it.each(['127.0.0.1', '0.0.0.0'])('sees a listener on %s', async (host) => {
    const port = await listen(host);
    await expect(portIsFree(port)).resolves.toBe(false);
  });

  it('sees that it is free again once the listener is gone', async () => {
    const port = await listen('127.0.0.1');
    await new Promise((resolve) => servers.pop()?.close(resolve));
    await expect(portIsFree(port)).resolves.toBe(true);
  });
});
