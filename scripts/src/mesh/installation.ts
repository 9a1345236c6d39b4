// SPDX-License-Identifier: Apache-2.0
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Authentication, type Infrastructure, type InfrastructureError, type InfrastructureMode, type Ports, replicationOf, startInfrastructure } from '@nervus/local-infrastructure';
import { administratorTls, administratorVariables, brokerSecurity, declaredRules } from './kafka-access.js';
import { createLocalTopics } from './local-topics.js';
import { Mesh, type MeshOptions } from './mesh.js';
import { freePort } from './ports.js';
import { deskPort, samplePlace, type SamplePlace } from './sample-place.js';
import { handOutSeats, type HandedOut, sampleSeats } from './seats.js';
import { Sink } from './sink.js';
import { trustMaterial } from './trust-material.js';

export interface InstallationOptions extends Pick<MeshOptions, 'folders' | 'replicas' | 'only' | 'environment' | 'anyPort' | 'trustDomain'> {
  readonly dataDir: string;
  readonly database: 'durable' | 'memory';
  readonly log: (line: string) => void;
  readonly mode?: InfrastructureMode;
  readonly kafkaBrokers?: readonly string[] | undefined;
  readonly mongoUri?: string | undefined;
  readonly ports?: Partial<Ports>;
  /** Three keep three copies of everything, and one of them may be away. @default 1 */
  readonly brokers?: 1 | 3;
  /** How services prove to the brokers who they are, which then allow what is declared and nothing else. @default the brokers let anybody in */
  readonly secure?: Authentication | undefined;
  readonly signal?: AbortSignal;
  readonly signedSources?: readonly string[];
  /** Where the desk listens. Without it at the port that the sample agents name, or at any free one where that is taken. */
  readonly deskPort?: number;
  /** What an effect at the desk is about, from its body. @default nothing */
  readonly subjectOf?: (body: unknown) => string;
  /** Broker or database ended although nobody stopped it. */
  readonly onUnexpectedEnd?: (error: InfrastructureError) => void;
}

/** Everything of one local installation: broker, database, the desk that actions reach, and the mesh. */
export class Installation {
  private constructor(
    readonly infrastructure: Infrastructure,
    readonly desk: Sink,
    readonly place: SamplePlace,
    readonly seats: HandedOut,
    readonly mesh: Mesh,
  ) {}

  /** Starts broker and database and lays everything out; no service runs yet. What was started is stopped when it fails. */
  static async prepare(options: InstallationOptions): Promise<Installation> {
    const { dataDir, database, log, mode, kafkaBrokers, mongoUri, ports, brokers = 1, secure, signal, onUnexpectedEnd } = options;
    const security = secure && brokerSecurity(secure, trustMaterial(join(dataDir, 'trust'), options.trustDomain ?? 'nervus.local').launcherKey);
    const infrastructure = await startInfrastructure({ dataDir: join(dataDir, 'infrastructure'), database, log, mode, kafkaBrokers, mongoUri, ports, brokers, security, signal, onUnexpectedEnd });
    let desk: Sink | undefined;
    try {
      const { access } = infrastructure.kafka;
      await access?.setRules(declaredRules());
      await createLocalTopics(access?.administrator.brokers ?? infrastructure.kafka.brokers, '', { replication: replicationOf(brokers), ...(access && { ssl: administratorTls(access) }) });
      desk = await Sink.listen(options.subjectOf ?? (() => ''), options.deskPort ?? (await freePort(deskPort)), join(dataDir, 'desk.ndjson'));
      if (options.deskPort === undefined && desk.port !== deskPort) log(`Port ${deskPort} is taken, so that the sample desk is at ${desk.port}: effects that name ${deskPort} will fail`);
      const place = samplePlace(dataDir, `http://127.0.0.1:${desk.port}`, options.signedSources);
      const seats = handOutSeats(join(dataDir, 'seats'), sampleSeats, Date.now());
      const mesh = await Mesh.prepare({ ...options, place, kafkaBrokers: infrastructure.kafka.brokers, kafkaAccess: access, mongodbUri: infrastructure.database.uri });
      return new Installation(infrastructure, desk, place, seats, mesh);
    } catch (error) {
      await desk?.close();
      await infrastructure.stop();
      throw error;
    }
  }

  /** Starts every service and waits until all are ready. */
  async start(dataDir: string): Promise<void> {
    mkdirSync(join(dataDir, 'run'), { recursive: true });
    // Also when a service does not start: nervus lag asks the brokers themselves.
    const { brokers, access } = this.infrastructure.kafka;
    writeFileSync(join(dataDir, 'run', 'kafka.env'), administratorVariables(brokers, access), { mode: 0o600 });
    await this.mesh.start();
    // Verifiers look for the key of the log beside the trust bundle, which they get from outside of the log.
    if (this.mesh.processesOf('audit').length > 0) copyFileSync(join(dataDir, 'audit', 'keys', 'log-policy'), join(dataDir, 'trust', 'log-policy'));
    if (this.mesh.processesOf('console').length > 0) writeFileSync(join(dataDir, 'run', 'console.url'), `${this.mesh.urlOf('console')}\n`);
  }

  /** Services first, broker and database last; goes on when a part fails to stop, and reports it. */
  async stop(log: (line: string) => void): Promise<void> {
    await this.mesh.stop().catch((error: unknown) => log(`stopping the services: ${String(error)}`));
    await this.desk.close().catch((error: unknown) => log(`stopping the desk: ${String(error)}`));
    await this.infrastructure.stop().catch((error: unknown) => log(`stopping broker and database: ${String(error)}`));
  }
}
