// SPDX-License-Identifier: Apache-2.0
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NoiseMaker } from './noise-agents.js';

/** Milliseconds until the slow target answers, while there is noise. */
export const slowAnswerMs = 5_000;

/**
 * The targets of the noise makers. In quiet times both answer at once that it is done; with noise one always fails and one
 * answers after several seconds.
 */
export class NoiseTargets {
  noisy = false;
  /** Answers given, by target and status. */
  readonly answers: Record<string, number> = {};

  private constructor(private readonly servers: Readonly<Record<NoiseMaker, Server>>) {}

  static async listen(): Promise<NoiseTargets> {
    const targets: NoiseTargets = new NoiseTargets({ failing: createServer(), slow: createServer() });
    for (const [name, server] of Object.entries(targets.servers)) {
      server.on('request', (request, response) => {
        const status = name === 'failing' && targets.noisy ? 500 : 204;
        const waitMs = name === 'slow' && targets.noisy ? slowAnswerMs : 0;
        request.resume().once('end', () => setTimeout(() => response.writeHead(status).end(), waitMs));
        targets.answers[`${name} ${status}`] = (targets.answers[`${name} ${status}`] ?? 0) + 1;
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    }
    return targets;
  }

  get ports(): Readonly<Record<NoiseMaker, number>> {
    return { failing: portOf(this.servers.failing), slow: portOf(this.servers.slow) };
  }

  async close(): Promise<void> {
    for (const server of Object.values(this.servers)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
