// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { PortForward } from './port-forward.js';

const host = '127.0.0.1';

it('a side that has said everything still hears the answer', async () => {
  const server = createServer({ allowHalfOpen: true }, (socket) => void text(socket).then((said) => socket.end(`heard ${said.length}`)));
  server.listen(0, host);
  await once(server, 'listening');
  const forward = await PortForward.open({ host, port: 0 }, { host, port: (server.address() as AddressInfo).port });
  const client = connect({ host, port: forward.port, allowHalfOpen: true });
  client.end('x'.repeat(1_000_000));
  expect(await text(client)).toBe('heard 1000000');
  await forward.close();
  server.close();
});

it('a caller of a server that is away is not left waiting', async () => {
  const gone = createServer();
  gone.listen(0, host);
  await once(gone, 'listening');
  const { port } = gone.address() as AddressInfo;
  gone.close();
  const forward = await PortForward.open({ host, port: 0 }, { host, port });
  const client = connect({ host, port: forward.port }).on('error', () => {});
  await once(client, 'close');
  await forward.close();
});
