// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ServiceName, services } from '@nervus/contracts';
import type { KafkaAccess } from '@nervus/local-infrastructure';
import { kafkaAudience, kafkaEnvironment } from './kafka-access.js';
import { freePort } from './ports.js';
import type { SamplePlace } from './sample-place.js';
import { ServiceProcess } from './service-process.js';
import { TokenIssuer } from './token-issuer.js';
import { trustMaterial } from './trust-material.js';

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/** Ports that people may learn by heart; taken ones are replaced by free ones. Only these four services have a door. */
const publicPorts: Readonly<Partial<Record<ServiceName, number>>> = { console: 4400, ingestion: 4401, identity: 4402, audit: 4403 };

const portVariable = 'NERVUS_HTTP_PORT';

export interface MeshOptions {
  /** Everything the mesh keeps: trust material, tokens, service logs, the audit log, alerts. */
  readonly dataDir: string;
  readonly kafkaBrokers: readonly string[];
  /** How the services get into secure brokers. @default the brokers let anybody in */
  readonly kafkaAccess?: KafkaAccess | undefined;
  readonly mongodbUri: string;
  /** Secrets, recordings and destinations: see samplePlace. */
  readonly place: SamplePlace;
  /** Other agents, policies or sources than those of the repository. */
  readonly folders?: Readonly<Partial<Record<'agents' | 'policies' | 'sources', string>>>;
  /** Processes of each service. @default 1 */
  readonly replicas?: Readonly<Partial<Record<ServiceName, number>>>;
  /** Which services to start. @default all */
  readonly only?: readonly ServiceName[];
  /** Further environment variables by service, or for all of them. */
  readonly environment?: Readonly<Partial<Record<ServiceName | 'all', Readonly<Record<string, string>>>>>;
  readonly trustDomain?: string;
  readonly topicPrefix?: string;
  /** True for a mesh that nobody visits by hand: it takes any free port, so that several start at once on one machine. @default false */
  readonly anyPort?: boolean;
  /** Milliseconds after which each process gets a new token: less than lies between two renewals of its key, since a token enrols one. @default 60000 */
  readonly freshTokenMs?: number;
}

/** The seven services as processes of this machine. */
export class Mesh {
  private stopping = false;

  private constructor(
    private readonly issuer: TokenIssuer,
    /** Of tokens for the brokers, where these want one. */
    private readonly kafkaIssuer: TokenIssuer | undefined,
    private readonly members: Map<ServiceName, readonly ServiceProcess[]>,
    private readonly ports: Map<ServiceName, number>,
    /** Where auditors get the trust bundle: outside the audit log's folder. */
    readonly trustBundleFile: string,
    private readonly recruit: (service: ServiceName, n: number, port: number | undefined) => Promise<ServiceProcess>,
  ) {}

  static async prepare(options: MeshOptions): Promise<Mesh> {
    const material = trustMaterial(join(options.dataDir, 'trust'), options.trustDomain ?? 'nervus.local');
    const { kafkaAccess } = options;
    const issuerFor = (audience: string, extension: string): TokenIssuer => new TokenIssuer(material.launcherKey, join(options.dataDir, 'run'), { audience, extension, everyMs: options.freshTokenMs });
    const issuer = issuerFor('nervus-identity', 'token');
    const kafkaIssuer = kafkaAccess?.authentication === 'oauth' ? issuerFor(kafkaAudience, 'kafka-token') : undefined;
    const chosen = services.filter((service) => (options.only ?? services).includes(service) && existsSync(entryOf(service)));
    const ports = new Map<ServiceName, number>();
    for (const service of chosen) {
      const preferred = publicPorts[service];
      if (preferred !== undefined) ports.set(service, await freePort(options.anyPort === true ? 0 : preferred));
    }
    const common: Record<string, string> = {
      KAFKA_BROKERS: options.kafkaBrokers.join(','),
      KAFKA_CLIENT: process.env['KAFKA_CLIENT'] ?? '',
      MONGODB_URI: options.mongodbUri,
      NERVUS_TRUST_BUNDLE: material.bundleFile,
      NERVUS_TRUST_BUNDLE_THUMBPRINT: material.bundleThumbprint,
      NERVUS_TRUST_DOMAIN: options.trustDomain ?? 'nervus.local',
      NERVUS_TOPIC_PREFIX: options.topicPrefix ?? '',
      NERVUS_STALE_AFTER_SECONDS: '15',
    };
    // The name of the issuer stays, whichever process of identity has which port.
    const firstPorts = new Map(ports);
    const recruit = async (service: ServiceName, n: number, port: number | undefined): Promise<ServiceProcess> => {
      const instance = `${service}-${n}`;
      const managementPort = await freePort();
      return new ServiceProcess({
        instance, service, entry: entryOf(service), managementPort, logFile: join(options.dataDir, 'logs', `${instance}.log`),
        environment: {
          ...common,
          ...(kafkaAccess && kafkaEnvironment(kafkaAccess, service)),
          ...ownEnvironment(service, options, material.identityFolder, material.trustRulesFile, firstPorts),
          ...options.environment?.all,
          ...options.environment?.[service],
          NERVUS_MANAGEMENT_PORT: String(managementPort),
          ...(port !== undefined && { [portVariable]: String(port) }),
        },
      });
    };
    const members = new Map<ServiceName, readonly ServiceProcess[]>();
    for (const service of chosen) {
      const replicas: ServiceProcess[] = [];
      for (let n = 1; n <= (options.replicas?.[service] ?? 1); n++) replicas.push(await recruit(service, n, n === 1 ? ports.get(service) : undefined));
      members.set(service, replicas);
    }
    return new Mesh(issuer, kafkaIssuer, members, ports, material.bundleFile, recruit);
  }

  /** Starts every process at once: each waits by itself for what it needs. */
  async start(timeoutMs = 120_000): Promise<void> {
    for (const member of this.all()) this.startOne(member);
    await Promise.all(this.all().map((member) => member.ready(timeoutMs)));
  }

  /** Starts one process, again if it was killed, with fresh tokens. */
  startOne(member: ServiceProcess): void {
    const { instance, service } = member.options;
    const kafkaTokenFile = this.kafkaIssuer?.issueTo(instance, service);
    member.start({ NERVUS_TOKEN_FILE: this.issuer.issueTo(instance, service), ...(kafkaTokenFile !== undefined && { KAFKA_TOKEN_FILE: kafkaTokenFile }) });
  }

  /** One more process of a service, to be started with `startOne`. Where the service has a public port, it gets one of its own. */
  async add(service: ServiceName): Promise<ServiceProcess> {
    const present = this.processesOf(service);
    const n = 1 + Math.max(0, ...present.map(({ options: { instance } }) => Number(instance.slice(service.length + 1))));
    const port = publicPorts[service] === undefined ? undefined : await freePort();
    if (port !== undefined && present.length === 0) this.ports.set(service, port);
    const member = await this.recruit(service, n, port);
    this.members.set(service, [...present, member]);
    return member;
  }

  /** Stops one process for good, as `ServiceProcess.stop` does; from now on the public address of its service is that of one that stays. */
  async retire(member: ServiceProcess, graceMs = 30_000): Promise<void> {
    const service = member.options.service as ServiceName;
    const staying = (): ServiceProcess[] => this.processesOf(service).filter((other) => other !== member);
    const port = staying().map(portOf).find((own) => own !== undefined);
    if (port !== undefined) this.ports.set(service, port);
    await member.stop(graceMs);
    this.members.set(service, staying());
    this.issuer.forget(member.options.instance);
    this.kafkaIssuer?.forget(member.options.instance);
  }

  processesOf(service: ServiceName): readonly ServiceProcess[] {
    return this.members.get(service) ?? [];
  }

  all(): ServiceProcess[] {
    return [...this.members.values()].flat();
  }

  /** Tells when a process ends that nobody stopped or killed. */
  onUnexpectedEnd(tell: (instance: string, status: number) => void): void {
    const watch = async (member: ServiceProcess): Promise<void> => {
      const status = await member.gone();
      if (!this.stopping) tell(member.options.instance, status);
    };
    for (const member of this.all()) void watch(member);
  }

  /** Base URL of a service that has a public port. */
  urlOf(service: ServiceName): string {
    const port = this.ports.get(service);
    if (port === undefined) throw new Error(`${service} has no public port, or was not started`);
    return `http://localhost:${port}`;
  }

  /** Stops the services, those that bring events in first and audit last, so that it records what the others said. */
  async stop(graceMs = 30_000): Promise<void> {
    this.stopping = true;
    const order: readonly (readonly ServiceName[])[] = [['ingestion', 'console'], ['reasoning'], ['approval'], ['action'], ['identity'], ['audit']];
    for (const group of order) await Promise.all(group.flatMap((service) => this.processesOf(service)).map((member) => member.stop(graceMs)));
    this.issuer.close();
    this.kafkaIssuer?.close();
  }
}

const portOf = ({ options: { environment } }: ServiceProcess): number | undefined => (environment[portVariable] === undefined ? undefined : Number(environment[portVariable]));

function entryOf(service: ServiceName): string {
  return service === 'console' ? join(root, 'apps', 'console', 'server', 'dist', 'main.js') : join(root, 'apps', service, 'dist', 'main.js');
}

/** What only one service gets: its folders, and the keys that are readable by identity alone. */
function ownEnvironment(service: ServiceName, options: MeshOptions, identityKeys: string, trustRules: string, ports: ReadonlyMap<ServiceName, number>): Record<string, string> {
  const { dataDir, place } = options;
  const folders = { agents: join(root, 'agents'), policies: join(root, 'policies'), sources: join(root, 'sources'), ...options.folders };
  switch (service) {
    case 'identity':
      return { NERVUS_KEY_FOLDER: identityKeys, NERVUS_TRUST_RULES: trustRules, NERVUS_ISSUER: `http://localhost:${ports.get('identity')}` };
    case 'approval':
      return { NERVUS_POLICIES: folders.policies };
    case 'reasoning':
      return { NERVUS_AGENTS_FOLDER: folders.agents };
    case 'ingestion':
      return { NERVUS_SOURCES: folders.sources, NERVUS_SECRETS: place.secretsFolder, NERVUS_RECORDINGS: place.recordingsFolder };
    case 'action':
      return { NERVUS_ALERT_ROOT: join(dataDir, 'alerts'), NERVUS_ACTION_DESTINATIONS: place.destinationsFile };
    case 'audit':
      return { NERVUS_LOG_FOLDER: join(dataDir, 'audit', 'log'), NERVUS_LOG_KEY_FOLDER: join(dataDir, 'audit', 'keys') };
    case 'console':
      return { NERVUS_SEATS: join(dataDir, 'seats') };
  }
}
