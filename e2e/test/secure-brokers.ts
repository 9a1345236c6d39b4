// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allTopics, physicalName, type ServiceName } from '@nervus/contracts';
import { type Authentication, type Infrastructure, type KafkaAccess, startInfrastructure } from '@nervus/local-infrastructure';
import type { KafkaClient } from '@nervus/messaging';
import { administratorTls, administratorVariables, brokerSecurity, createLocalTopics, declaredRules, kafkaAudience, kafkaEnvironment, TokenIssuer } from '@nervus/scripts/mesh';
import { createKafkaClient, kafkaSecurity, KafkaSecurityConfig, loadConfig } from '@nervus/service-kit';
import { mongoUri } from '@nervus/testing';
import { WorkloadKey } from '@nervus/trust';
import { Connection, describeGroupsV5, metadataV12 } from '@platformatic/kafka';

export const prefix = 'secure.';
const ports = { broker: 31_092, controller: 31_093 };

export type Variables = Readonly<Record<string, string>>;

/** A secure broker with the declared topics and access rules, as the launcher starts one, and clients as the services make them. */
export class SecureBrokers {
  readonly key = WorkloadKey.generate();
  private readonly folder = mkdtempSync(join(tmpdir(), 'nervus-secure-'));
  private infrastructure: Infrastructure | undefined;

  /** Starts it, again on the data of the time before, for another way of authentication. */
  async start(authentication: Authentication): Promise<void> {
    await this.infrastructure?.stop();
    this.infrastructure = await startInfrastructure({ dataDir: this.folder, mode: 'java', database: 'memory', mongoUri: mongoUri(), ports, security: brokerSecurity(authentication, this.key), readyTimeoutMs: 120_000 });
    await this.access.setRules(declaredRules(prefix));
    await createLocalTopics(this.access.administrator.brokers, prefix, { ssl: administratorTls(this.access) });
  }

  async close(): Promise<void> {
    await this.infrastructure?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get access(): KafkaAccess {
    const access = this.infrastructure?.kafka.access;
    if (!access) throw new Error('the brokers do not run');
    return access;
  }

  /** The variables that the launcher gives a service. */
  variablesOf(service: ServiceName): Variables {
    const variables = { KAFKA_BROKERS: this.infrastructure?.kafka.brokers.join(',') ?? '', ...kafkaEnvironment(this.access, service) };
    return this.access.authentication === 'oauth' ? { ...variables, KAFKA_TOKEN_FILE: this.tokenOf(service) } : variables;
  }

  /** A token as a launcher writes it, of this one unless another key is given. */
  tokenOf(subject: string, { signer = this.key, audience = kafkaAudience }: { signer?: WorkloadKey; audience?: string } = {}): string {
    const issuer = new TokenIssuer(signer, join(this.folder, 'run'), { audience, extension: 'token' });
    const written = readFileSync(issuer.issueTo('test', subject));
    issuer.close();
    return this.file(`token-of-${subject}-for-${audience}-by-${signer.kid}`, written);
  }

  /** The data folder as a launcher leaves it for the command line. */
  dataFolderForTools(): string {
    const data = join(this.folder, 'data');
    mkdirSync(join(data, 'run'), { recursive: true });
    writeFileSync(join(data, 'run', 'kafka.env'), administratorVariables(this.infrastructure?.kafka.brokers ?? [], this.access));
    return data;
  }

  file(name: string, content: string | Buffer): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  /** What the broker has refused, a line each. */
  get refusals(): string[] {
    return readFileSync(join(this.folder, 'logs', 'broker.log'), 'utf8').split('\n').filter((line) => line.includes(' is Denied '));
  }

  /** What the broker itself says that a service may do on each of these topics and groups; nothing where it may not even see it. */
  async operationsOf(service: ServiceName, groups: readonly string[]): Promise<{ readonly topics: ReadonlyMap<string, readonly string[]>; readonly groups: ReadonlyMap<string, readonly string[]> }> {
    const { ssl } = kafkaSecurity(loadConfig(KafkaSecurityConfig, this.variablesOf(service)));
    const connection = new Connection('matrix', { tls: { ...(ssl as object) }, tlsServerName: false });
    const [host = '', port = ''] = (this.infrastructure?.kafka.brokers[0] ?? '').split(':');
    await connection.connect(host, Number(port));
    try {
      const names = allTopics.map((topic) => physicalName(topic, prefix));
      // A topic that may not be seen makes the library reject the answer about all of them, which is in the error.
      const answer = await metadataV12.api.async(connection, names, false, true).catch((error: unknown) => (error as { response: metadataV12.MetadataResponse }).response);
      const described = await describeGroupsV5.api.async(connection, [...groups], true).catch((error: unknown) => (error as { response: describeGroupsV5.DescribeGroupsResponse }).response);
      return {
        topics: new Map(answer.topics.map(({ name, errorCode, topicAuthorizedOperations }) => [String(name), errorCode === 0 ? operationsIn(topicAuthorizedOperations) : []])),
        // A group that is not there yet is described all the same.
        groups: new Map(described.groups.map(({ groupId, errorCode, authorizedOperations }) => [groupId, errorCode === notAuthorised ? [] : operationsIn(authorizedOperations)])),
      };
    } finally {
      await connection.close();
    }
  }
}

const notAuthorised = 30;
/** By Kafka's own numbers, which are also the bits of an answer. */
const operations = { 3: 'Read', 4: 'Write', 5: 'Create', 6: 'Delete', 7: 'Alter', 8: 'Describe', 10: 'DescribeConfigs', 11: 'AlterConfigs' } as const;
const operationsIn = (bits: number): string[] => Object.entries(operations).filter(([bit]) => (bits & (1 << Number(bit))) !== 0).map(([, name]) => name);

export const clientKinds = ['kafkajs', 'platformatic'] as const;

/** A client as a service with these variables makes it. */
export function clientOf(variables: Variables, kafkaClient: (typeof clientKinds)[number] = 'kafkajs'): KafkaClient {
  return createKafkaClient({ kafkaBrokers: variables['KAFKA_BROKERS'] ?? '', kafkaClient, instance: '', ...loadConfig(KafkaSecurityConfig, variables) }, 'test', () => undefined);
}
