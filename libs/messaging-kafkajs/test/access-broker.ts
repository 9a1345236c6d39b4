// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Infrastructure, InfrastructureError, startInfrastructure } from '@nervus/local-infrastructure';
import type { KafkaClient } from '@nervus/messaging';
import { mongoUri } from '@nervus/testing';
import kafkajs from 'kafkajs';
import { createKafkaJsClient } from '../src/index.js';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A broker of one test file's own, with SASL and access rules: nobody may do anything that no rule allows. */
export class AccessBroker {
  private constructor(
    private readonly infrastructure: Infrastructure | undefined,
    private readonly dataDir: string,
    private readonly saslPort: number,
    /** Why there is none, for the reason of a skip. */
    readonly missing: string | undefined,
  ) {}

  /** @param users each with the password `<name>-secret` */
  static async start(users: readonly string[]): Promise<AccessBroker> {
    const dataDir = await mkdtemp(join(tmpdir(), 'nervus-acl-'));
    const [broker, controller, sasl] = [await freePort(), await freePort(), await freePort()];
    try {
      const infrastructure = await startInfrastructure({
        dataDir, mode: 'java', database: 'memory', mongoUri: mongoUri(), pinPorts: true, ports: { broker, controller },
        brokerProperties: {
          'listeners': `PLAINTEXT://127.0.0.1:${broker},SASL_PLAINTEXT://127.0.0.1:${sasl},CONTROLLER://127.0.0.1:${controller}`,
          'advertised.listeners': `PLAINTEXT://127.0.0.1:${broker},SASL_PLAINTEXT://127.0.0.1:${sasl}`,
          'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT',
          'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
          'allow.everyone.if.no.acl.found': 'false',
          'super.users': 'User:ANONYMOUS',
          'sasl.enabled.mechanisms': 'PLAIN',
          'listener.name.sasl_plaintext.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${users.map((name) => `user_${name}="${name}-secret"`).join(' ')};`,
        },
      });
      return new AccessBroker(infrastructure, dataDir, sasl, undefined);
    } catch (error) {
      if (!(error instanceof InfrastructureError)) throw error;
      return new AccessBroker(undefined, dataDir, sasl, error.message);
    }
  }

  /** May do everything. */
  get owner(): KafkaClient {
    return createKafkaJsClient({ brokers: this.brokers, clientId: 'owner', log: () => undefined });
  }

  user(username: string, password = `${username}-secret`): KafkaClient {
    return createKafkaJsClient({ brokers: [`127.0.0.1:${this.saslPort}`], clientId: username, sasl: { mechanism: 'plain', username, password }, log: () => undefined });
  }

  async asOwner<T>(use: (admin: kafkajs.Admin) => Promise<T>): Promise<T> {
    const admin = new kafkajs.Kafka({ brokers: this.brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
    try {
      return await use(admin);
    } finally {
      await admin.disconnect();
    }
  }

  async stop(): Promise<void> {
    await this.infrastructure?.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  private get brokers(): string[] {
    if (!this.infrastructure) throw new Error(`there is no broker: ${this.missing}`);
    return [...this.infrastructure.kafka.brokers];
  }
}
