// SPDX-License-Identifier: Apache-2.0
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { subjectOf } from '@nervus/bench';
import { ownTopics, physicalName, type RecordType, type ServiceName, services, topicOf, type TopicDeclaration } from '@nervus/contracts';
import { createLocalTopics, handOutSeats, Mesh, type MeshOptions, sampleSeats, samplePlace, type ServiceProcess, Sink } from '@nervus/scripts/mesh';
import { kafkaBrokers, mongoUri, uniqueName } from '@nervus/testing';
import { type Folders, layLoadFolders, readTopics, type StoredRecord, waitUntil } from '../src/index.js';

export interface TestMeshOptions extends Pick<MeshOptions, 'replicas' | 'environment' | 'freshTokenMs'> {
  /** Changes agents, sources and policies before anything starts. */
  readonly lay?: (folders: Folders) => void;
  /** Further sources with a secret, beside those of the load. */
  readonly signedSources?: readonly string[];
}

/** Milliseconds; generous, since other tests use the machine too. */
export const patience = 60_000;

/**
 * The whole mesh as processes, on the broker and the database of the test run. Topics, groups and databases are its own.
 * It runs what was built last: `npm test` builds first.
 */
export class TestMesh {
  private constructor(
    readonly dataDir: string,
    readonly prefix: string,
    readonly desk: Sink,
    readonly mesh: Mesh,
    readonly secretsFolder: string,
  ) {}

  /** Lays everything out; no service runs yet. */
  static async prepare(options: TestMeshOptions = {}): Promise<TestMesh> {
    const name = uniqueName('e2e');
    const dataDir = mkdtempSync(join(tmpdir(), `${name}-`));
    const prefix = `${name}.`;
    await createLocalTopics(kafkaBrokers(), prefix);
    const desk = await Sink.listen(subjectOf);
    const folders = layLoadFolders(dataDir, desk.port);
    options.lay?.(folders);
    const place = samplePlace(dataDir, `http://127.0.0.1:${desk.port}`, ['routine', 'consequential', ...(options.signedSources ?? [])]);
    handOutSeats(join(dataDir, 'seats'), sampleSeats, Date.now());
    const environment = Object.fromEntries(services.map((service) => [service, { NERVUS_DATABASE: `${name}-${service}`, ...options.environment?.[service] }]));
    const mesh = await Mesh.prepare({
      dataDir, place, folders, topicPrefix: prefix, kafkaBrokers: kafkaBrokers(), mongodbUri: mongoUri(), anyPort: true,
      environment: { ...environment, all: options.environment?.all ?? {} },
      ...(options.replicas && { replicas: options.replicas }),
      ...(options.freshTokenMs !== undefined && { freshTokenMs: options.freshTokenMs }),
    });
    return new TestMesh(dataDir, prefix, desk, mesh, place.secretsFolder);
  }

  /** Starts every service and waits until all are ready. */
  async start(): Promise<void> {
    await this.mesh.start();
    mkdirSync(join(this.dataDir, 'run'), { recursive: true });
    writeFileSync(join(this.dataDir, 'run', 'console.url'), `${this.mesh.urlOf('console')}\n`);
    copyFileSync(join(this.dataDir, 'audit', 'keys', 'log-policy'), join(this.dataDir, 'trust', 'log-policy'));
  }

  async stopServices(): Promise<void> {
    await this.mesh.stop();
  }

  /** Services and desk end, the files go; the logs of the services are printed when that was asked for. */
  async close(): Promise<void> {
    await this.mesh.stop();
    await this.desk.close();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  get ingestion(): string {
    return this.mesh.urlOf('ingestion').replace('localhost', '127.0.0.1');
  }

  one(service: ServiceName): ServiceProcess {
    const [only] = this.mesh.processesOf(service);
    if (!only) throw new Error(`${service} was not started`);
    return only;
  }

  /** Every record of these topics so far. */
  read(...topics: readonly TopicDeclaration[]): Promise<StoredRecord[]> {
    return readTopics(kafkaBrokers(), topics.map((topic) => physicalName(topic, this.prefix)));
  }

  /** Waits until there is a record of this type that fits, and returns all that do. */
  async until<R extends RecordType>(type: R, fits: (record: StoredRecord) => boolean, count = 1): Promise<StoredRecord[]> {
    return waitUntil(`${count} ${type.type}`, patience, async () => {
      const found = (await this.read(topicOf(type))).filter((record) => record.headers['ce_type'] === type.type && fits(record));
      return found.length >= count && found;
    }, 300);
  }

  /** Reports of all services about records that they refused to trust. */
  async quarantined(): Promise<StoredRecord[]> {
    return this.read(...services.map((service) => ownTopics(service).quarantine));
  }

  async deadLetters(): Promise<StoredRecord[]> {
    return this.read(...services.map((service) => ownTopics(service).deadLetters));
  }

  /** The JSON lines that a service has written. */
  logOf(service: ServiceName): Readonly<Record<string, unknown>>[] {
    return this.mesh.processesOf(service).flatMap(({ options }) => readFileSync(options.logFile, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>));
  }
}

/** The sum of a metric over all of its labels that hold a text. */
export async function metricOf(member: ServiceProcess, name: string, label = ''): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${member.options.managementPort}/metrics`)).text();
  return text.split('\n').filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(label)).reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
