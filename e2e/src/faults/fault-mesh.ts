// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { subjectOf } from '@nervus/bench';
import { type FaultableServer, HttpFront, orAborted } from '@nervus/fault-harness';
import { type Infrastructure, type InfrastructureOptions, replicationOf, type ServerName, startInfrastructure } from '@nervus/local-infrastructure';
import { createLocalTopics, handOutSeats, Mesh, type MeshOptions, sampleSeats, samplePlace, Sink } from '@nervus/scripts/mesh';
import type { Say } from '../command-line.js';
import { layLoadFolders, loadSources } from '../folders.js';
import { ConsumerGroups } from './consumer-groups.js';
import { type Supervised, Supervisor } from './supervisor.js';

export interface FaultMeshOptions {
  /** Fresh: everything of this mesh and its broker and database is in it. */
  readonly dataDir: string;
  readonly database: 'durable' | 'memory';
  readonly say: Say;
  readonly signal: AbortSignal;
}

/** How a ground differs from a plain one. */
export interface Peculiarities {
  readonly infrastructure?: Partial<Pick<InfrastructureOptions, 'brokerProperties' | 'ports' | 'pinPorts' | 'brokers'>>;
  /** Host under which the services reach the desk. @default 127.0.0.1 */
  readonly deskHost?: string;
  /** Further environment variables of the services, once broker, database and desk are there. */
  readonly environment?: (infrastructure: Infrastructure, deskPort: number) => Promise<NonNullable<MeshOptions['environment']>>;
  /** Runs when the services are laid out and before they start. */
  readonly beforeStart?: (mesh: Mesh) => Promise<void>;
}

const ports = { broker: 22_092, controller: 22_093, database: 29_117 };
/** Milliseconds; the machine may be busy with other things. */
const startMs = 300_000;
/** How long the desk takes to answer, in milliseconds, so that faults also fall between an effect and the word of it. */
export const deskAnswersAfterMs = 50;

/** A whole running mesh on a broker and a database of its own, with all that a fault needs to get at it. */
export class FaultMesh {
  private constructor(
    readonly dataDir: string,
    readonly infrastructure: Infrastructure,
    readonly desk: Sink,
    /** Stands before the desk; every effect passes it. */
    readonly front: HttpFront,
    readonly mesh: Mesh,
    readonly supervisor: Supervisor,
    readonly groups: ConsumerGroups,
    readonly secretsFolder: string,
    private readonly parts: AsyncDisposable,
  ) {}

  /** Resolves when all seven services are ready. Leaves nothing running when it throws. */
  static async open({ dataDir, database, say, signal }: FaultMeshOptions, peculiar: Peculiarities = {}): Promise<FaultMesh> {
    await using parts = new AsyncDisposableStack();
    mkdirSync(dataDir, { recursive: true });
    const onUnexpectedEnd = (error: Error): void => say(error.message.split('\n')[0] ?? '');
    const infrastructure = await startInfrastructure({ dataDir: join(dataDir, 'infrastructure'), database, log: say, ports, signal, onUnexpectedEnd, readyTimeoutMs: startMs, ...peculiar.infrastructure });
    parts.defer(() => infrastructure.stop());
    const { brokers } = infrastructure.kafka;
    await createLocalTopics(brokers, '', { replication: replicationOf(peculiar.infrastructure?.brokers ?? 1) });

    const desk = await Sink.listen(subjectOf, 0, join(dataDir, 'desk.ndjson'));
    parts.defer(() => desk.close());
    desk.answerAfterMs = deskAnswersAfterMs;
    const front = await HttpFront.open(desk.port);
    parts.defer(() => front.close());
    const deskAddress = `${peculiar.deskHost ?? '127.0.0.1'}:${front.port}`;

    const place = samplePlace(dataDir, `http://${deskAddress}`, loadSources);
    handOutSeats(join(dataDir, 'seats'), sampleSeats, Date.now());
    const environment = (await peculiar.environment?.(infrastructure, front.port)) ?? {};
    const mesh = await Mesh.prepare({ dataDir, place, folders: layLoadFolders(dataDir, deskAddress), kafkaBrokers: brokers, mongodbUri: infrastructure.database.uri, environment, anyPort: true });
    parts.defer(() => mesh.stop());
    await peculiar.beforeStart?.(mesh);
    await orAborted(mesh.start(startMs), signal);
    return new FaultMesh(dataDir, infrastructure, desk, front, mesh, new Supervisor(mesh), new ConsumerGroups(brokers), place.secretsFolder, parts.move());
  }

  get processes(): readonly Supervised[] {
    return this.supervisor.processes;
  }

  get services(): number {
    return new Set(this.processes.map(({ service }) => service)).size;
  }

  /** Where events are sent to. */
  get edge(): string {
    return this.mesh.urlOf('ingestion').replace('localhost', '127.0.0.1');
  }

  server(name: ServerName): FaultableServer & { readonly running: boolean } {
    const { infrastructure } = this;
    return {
      name,
      get running() {
        return infrastructure.processes.some((one) => one.name === name);
      },
      takeDown: (signal) => infrastructure.takeDown(name, { signal }),
      bringUp: () => infrastructure.bringUp(name),
    };
  }

  /** Accepts no further fault and stops everything: services first, broker and database last. */
  async close(): Promise<void> {
    this.supervisor.close();
    await this.parts[Symbol.asyncDispose]();
  }
}
