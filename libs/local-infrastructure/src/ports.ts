// SPDX-License-Identifier: Apache-2.0
import { connect, createServer } from 'node:net';
import { InfrastructureError } from './errors.js';
import type { Ports } from './options.js';

/** Above the well-known ports and below every system's range of outgoing ports, so that no connection of ours lands on them during a restart. */
export const defaultPorts: Ports = { broker: 19092, controller: 19093, database: 27117 };

const searchWidth = 200;

/** What a port is for, as people read it: `controller-2` is that of `broker-2`. */
export type PortName = 'database' | `${'broker' | 'controller' | 'administration'}${'' | '-2' | '-3'}`;

export interface PortRequest<Name extends PortName> {
  /** Of each that is needed the port to try first; an external server needs none. */
  readonly preferred: Readonly<Record<Name, number>>;
  /** Fail instead of looking further. */
  readonly pinned: boolean;
  /** Known to be taken, whatever the probe says. */
  readonly avoid?: ReadonlySet<number>;
}

/**
 * The preferred ports where they are free, else the next free ones.
 * @throws InfrastructureError `port_taken`
 */
export async function choosePorts<Name extends PortName>(request: PortRequest<Name>, log: (line: string) => void, isFree: (port: number) => Promise<boolean> = portIsFree): Promise<Readonly<Record<Name, number>>> {
  const chosen: Record<Name, number> = { ...request.preferred };
  const used = new Set(request.avoid);
  for (const name of Object.keys(chosen) as Name[]) {
    const preferred = request.preferred[name];
    let port = preferred;
    while (used.has(port) || !(await isFree(port))) {
      if (request.pinned) throw new InfrastructureError('port_taken', `Port ${port}, wanted for the ${name}, is in use. End what listens there, or choose another port`, { port, server: name });
      port += 1;
      if (port > Math.min(preferred + searchWidth, 65_535)) {
        throw new InfrastructureError('port_taken', `No port from ${preferred} to ${port - 1} is free for the ${name}. End what listens there, or choose another port`, { port: preferred, server: name });
      }
    }
    if (port !== preferred) log(`Port ${preferred} of the ${name} is in use: taking ${port}`);
    used.add(port);
    chosen[name] = port;
  }
  return chosen;
}

/** True when nobody answers on this loopback port and it can be listened on. */
export async function portIsFree(port: number): Promise<boolean> {
  // Some systems let a loopback socket be bound beside a wildcard one, so ask first.
  return !(await portAnswers(port)) && (await portCanBeBound(port));
}

/** True when a connection to this address is accepted. */
export function portAnswers(port: number, host = '127.0.0.1', timeoutMs = 1000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    const finish = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => finish(false));
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}

function portCanBeBound(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
