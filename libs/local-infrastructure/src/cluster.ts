// SPDX-License-Identifier: Apache-2.0
import type { BrokerName, Ports, ServerName } from './options.js';
import type { PortName } from './ports.js';

/** In the order of their node ids, which begin at 1. */
const names = ['broker', 'broker-2', 'broker-3'] as const satisfies readonly BrokerName[];

export const brokerNames = (count: number): readonly BrokerName[] => names.slice(0, count);

/** One node of the local cluster: each is broker and controller. */
export interface BrokerNode {
  readonly name: BrokerName;
  readonly id: number;
  /** Loopback ports: of clients, and of the metadata quorum. */
  readonly ports: Pick<Ports, 'broker' | 'controller'>;
}

/** How many copies a partition has, and how many of them a write waits for. */
export interface Replication {
  readonly factor: number;
  readonly minInSync: number;
}

/** Of three brokers two have a write before it is acknowledged, so that one may be away. */
export const replicationOf = (brokers: number): Replication => ({ factor: brokers, minInSync: Math.max(1, brokers - 1) });

const controllerPort = (name: BrokerName): PortName => name.replace('broker', 'controller') as PortName;

/** The ports that these servers need, and where each is looked for first: every further broker two above the one before. */
export function neededPorts(servers: readonly ServerName[], first: Ports): Readonly<Record<PortName, number>> {
  const ports = servers.flatMap((name): [PortName, number][] => {
    if (name === 'database') return [[name, first.database]];
    const above = 2 * names.indexOf(name);
    return [[name, first.broker + above], [controllerPort(name), first.controller + above]];
  });
  return Object.fromEntries(ports) as Record<PortName, number>;
}

/** The nodes of these servers on the ports that were found for them. */
export function nodesOn(servers: readonly ServerName[], ports: Readonly<Record<PortName, number>>): readonly BrokerNode[] {
  return servers.filter((name) => name !== 'database').map((name) => ({ name, id: names.indexOf(name) + 1, ports: { broker: ports[name], controller: ports[controllerPort(name)] } }));
}
