// SPDX-License-Identifier: Apache-2.0
// Every service is on an island of its own. To the broker it goes by the wire, which is cut; database, desk, health and
// public ports go by the side line, so that a partition is one of the service and the brokers, and of nothing else.
import { IsolatedNetwork, PortForward } from '@nervus/fault-harness';
import { services } from '@nervus/contracts';
import type { Infrastructure } from '@nervus/local-infrastructure';
import { freePort, type Mesh, type MeshOptions } from '@nervus/scripts/mesh';
import { FaultMesh } from '../fault-mesh.js';
import type { GroundKind } from '../scenario.js';

const loopback = '127.0.0.1';

export const networkGround: GroundKind<IsolatedNetwork> = {
  name: 'networks',
  unmet: () => IsolatedNetwork.unmet(),
  open: async (options) => {
    await using parts = new AsyncDisposableStack();
    const network = await IsolatedNetwork.create(services);
    parts.defer(() => network.close());
    const forward = async (from: { host: string; port: number }, to: { host: string; port: number }): Promise<number> => {
      const one = await PortForward.open(from, to);
      parts.defer(() => one.close());
      return one.port;
    };
    const { side, wire } = network.here;
    const [broker, controller, wired, database] = [await freePort(), await freePort(), await freePort(), await freePort()];

    const environment = async ({ database }: Infrastructure, deskPort: number): Promise<NonNullable<MeshOptions['environment']>> => {
      const uri = new URL(database.uri);
      uri.port = String(await forward({ host: side, port: 0 }, { host: loopback, port: Number(uri.port) }));
      uri.hostname = side;
      await forward({ host: side, port: deskPort }, { host: loopback, port: deskPort });
      return Object.fromEntries(
        services.map((service) => {
          const { environment: entering, sideAddress } = network.island(service);
          return [service, { ...entering, KAFKA_BROKERS: `${wire}:${wired}`, MONGODB_URI: uri.href, NERVUS_MANAGEMENT_HOST: sideAddress, NERVUS_HTTP_HOST: sideAddress }];
        }),
      );
    };
    /** Health and public ports are asked for on loopback. */
    const beforeStart = async (mesh: Mesh): Promise<void> => {
      for (const { options: member } of mesh.all()) {
        const { sideAddress } = network.island(member.service);
        const own = [member.managementPort, Number(member.environment['NERVUS_HTTP_PORT'] ?? 0)];
        for (const port of own.filter((one) => one > 0)) await forward({ host: loopback, port }, { host: sideAddress, port });
      }
    };
    const mesh = await FaultMesh.open(options, {
      infrastructure: { ports: { broker, controller, database }, pinPorts: true, brokerProperties: secondListener(loopback, wire, { broker, controller, wired }) },
      deskHost: side, environment, beforeStart,
    });
    parts.defer(() => mesh.close());
    const all = parts.move();
    return { mesh, means: network, close: () => Promise.resolve(all[Symbol.asyncDispose]()) };
  },
};

/** The broker listens at its loopback port for us and for itself, and at the wire's address for the services. */
function secondListener(local: string, wire: string, ports: Readonly<Record<'broker' | 'controller' | 'wired', number>>): Readonly<Record<string, string>> {
  const clients = `PLAINTEXT://${local}:${ports.broker},WIRE://${wire}:${ports.wired}`;
  return {
    'listeners': `${clients},CONTROLLER://${local}:${ports.controller}`,
    'advertised.listeners': clients,
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,WIRE:PLAINTEXT',
  };
}
