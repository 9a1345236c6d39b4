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
  /** Loopback ports: of clients, of the metadata quorum, and of a secure node that of the other brokers and the administrator. */
  readonly ports: Pick<Ports, 'broker' | 'controller'> & { readonly administration?: number };
}

/** How many copies a partition has, and how many of them a write waits for. */
export interface Replication {
  readonly factor: number;
  readonly minInSync: number;
}

/** Of three brokers two have a write before it is acknowledged, so that one may be away. */
export const replicationOf = (brokers: number): Replication => ({ factor: brokers, minInSync: Math.max(1, brokers - 1) });

const beside = (name: BrokerName, port: 'controller' | 'administration'): PortName => name.replace('broker', port) as PortName;

/** Above the pairs of three brokers. */
const administrationAbove = 6;

/**
 * The ports that these servers need, and where each is looked for first: every further broker two above the one before.
 * @param secure whether each broker has a second way in
 */
export function neededPorts(servers: readonly ServerName[], first: Ports, secure = false): Readonly<Record<PortName, number>> {
  const ports = servers.flatMap((name): [PortName, number][] => {
    if (name === 'database') return [[name, first.database]];
    const n = names.indexOf(name);
    const own: [PortName, number][] = [[name, first.broker + 2 * n], [beside(name, 'controller'), first.controller + 2 * n]];
    return secure ? [...own, [beside(name, 'administration'), first.broker + administrationAbove + n]] : own;
  });
  return Object.fromEntries(ports) as Record<PortName, number>;
}

/** The nodes of these servers on the ports that were found for them. */
export function nodesOn(servers: readonly ServerName[], ports: Readonly<Partial<Record<PortName, number>>>): readonly BrokerNode[] {
  return servers.filter((name) => name !== 'database').map((name) => {
    const administration = ports[beside(name, 'administration')];
    const own = { broker: ports[name] ?? 0, controller: ports[beside(name, 'controller')] ?? 0 };
    return { name, id: names.indexOf(name) + 1, ports: administration === undefined ? own : { ...own, administration } };
  });
}
