// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:net';

/** The preferred port when it is free on loopback, else any free one. */
export async function freePort(preferred = 0): Promise<number> {
  try {
    return await listenOnce(preferred);
  } catch (error) {
    if (preferred !== 0 && error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return listenOnce(0);
    throw error;
  }
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}
