// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Infrastructure, startInfrastructure } from '@nervus/local-infrastructure';
import kafkajs from 'kafkajs';
import { readyTimeoutMs } from './kafka-broker.js';
import { mongoUri } from '../infrastructure.js';

const { AclOperationTypes: operations, AclResourceTypes: resources } = kafkajs;

/** One thing that the user `reader` may do. */
export interface Rule {
  readonly on: 'topic' | 'group';
  readonly name: string;
  readonly may: 'read' | 'write' | 'describe';
}

/** A broker that lets a user called `reader` do what rules allow, and nothing else; without a name one may do everything. */
export class SecuredBroker {
  private constructor(
    private readonly infrastructure: Infrastructure,
    private readonly dataDir: string,
    /** Where one has to say who one is: mechanism PLAIN, password `reader-secret`. */
    readonly secured: string,
  ) {}

  /** @throws InfrastructureError when there is no Java: its listeners are written into `server.properties` */
  static async start(): Promise<SecuredBroker> {
    const dataDir = await mkdtemp(join(tmpdir(), 'nervus-acl-'));
    const [broker, controller, sasl] = [await freePort(), await freePort(), await freePort()];
    try {
      const infrastructure = await startInfrastructure({ dataDir, mode: 'java', database: 'memory', mongoUri: mongoUri(), pinPorts: true, readyTimeoutMs, ports: { broker, controller }, brokerProperties: withRules(broker, controller, sasl) });
      return new SecuredBroker(infrastructure, dataDir, `127.0.0.1:${sasl}`);
    } catch (error) {
      await rm(dataDir, { recursive: true, force: true });
      throw error;
    }
  }

  get open(): readonly string[] {
    return this.infrastructure.kafka.brokers;
  }

  allow(rules: readonly Rule[]): Promise<unknown> {
    return this.asOwner((admin) => admin.createAcls({ acl: rules.map(entry) }));
  }

  forbid(rules: readonly Rule[]): Promise<unknown> {
    return this.asOwner((admin) => admin.deleteAcls({ filters: rules.map(entry) }));
  }

  async stop(): Promise<void> {
    await this.infrastructure.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  private async asOwner<T>(use: (admin: kafkajs.Admin) => Promise<T>): Promise<T> {
    const admin = new kafkajs.Kafka({ brokers: [...this.open], logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
    try {
      return await use(admin);
    } finally {
      await admin.disconnect();
    }
  }
}

const entry = ({ on, name, may }: Rule) => ({
  resourceType: on === 'topic' ? resources.TOPIC : resources.GROUP,
  resourceName: name,
  operation: { read: operations.READ, write: operations.WRITE, describe: operations.DESCRIBE }[may],
  resourcePatternType: kafkajs.ResourcePatternTypes.LITERAL,
  principal: 'User:reader',
  host: '*',
  permissionType: kafkajs.AclPermissionTypes.ALLOW,
});

const withRules = (broker: number, controller: number, sasl: number): Readonly<Record<string, string>> => ({
  'listeners': `PLAINTEXT://127.0.0.1:${broker},SASL_PLAINTEXT://127.0.0.1:${sasl},CONTROLLER://127.0.0.1:${controller}`,
  'advertised.listeners': `PLAINTEXT://127.0.0.1:${broker},SASL_PLAINTEXT://127.0.0.1:${sasl}`,
  'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT',
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'allow.everyone.if.no.acl.found': 'false',
  'super.users': 'User:ANONYMOUS',
  'sasl.enabled.mechanisms': 'PLAIN',
  'listener.name.sasl_plaintext.plain.sasl.jaas.config': 'org.apache.kafka.common.security.plain.PlainLoginModule required user_reader="reader-secret";',
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
