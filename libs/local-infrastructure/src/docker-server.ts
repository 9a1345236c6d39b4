// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { asImageEnvironment, brokerProperties, clusterId } from './broker-properties.js';
import { images } from './docker.js';
import { explainEnding } from './log-diagnosis.js';
import type { LocalServer } from './local-server.js';
import type { Ports, ServerName } from './options.js';
import { type Finished, runCommand } from './run-command.js';

export interface DockerServersOptions {
  readonly dataDir: string;
  readonly ports: Ports;
  readonly brokerProperties: Readonly<Record<string, string>>;
  readonly environment: NodeJS.ProcessEnv;
}

const commandTimeoutMs = 60_000;
const foreverMs = 2 ** 31 - 1;

/** A container whose data is in a volume of the same name, both named after the data folder. */
export class DockerServer implements LocalServer {
  readonly pid = undefined;
  readonly logPlace: string;
  private readonly container: string;
  private ending: Promise<string> = Promise.resolve('never started');
  private isRunning = false;
  private launched = false;

  constructor(
    readonly name: ServerName,
    private readonly createArgs: (container: string) => readonly string[],
    dataDir: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {
    this.container = `nervus-${createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 10)}-${name}`;
    this.logPlace = `docker logs ${this.container}`;
  }

  async launch(signal: AbortSignal): Promise<void> {
    if (!this.launched) await this.discard();
    const started = this.launched ? await this.docker(['start', this.container], signal) : await this.docker(['run', '--detach', '--name', this.container, ...this.createArgs(this.container)], signal);
    this.launched = true;
    if (started?.status !== 0) throw explainEnding({ server: this.name, how: 'docker could not start it', log: started?.output ?? '', logPlace: 'output of docker' }, true);
    this.isRunning = true;
    this.ending = this.waitForEnd();
  }

  gone(): Promise<string> {
    return this.ending;
  }

  async end(signal: 'SIGTERM' | 'SIGKILL', graceMs: number): Promise<void> {
    if (!this.isRunning) return;
    await this.docker(['kill', '--signal', signal, this.container]);
    const force = setTimeout(() => void this.docker(['kill', this.container]), graceMs);
    await this.ending;
    clearTimeout(force);
  }

  async log(): Promise<string> {
    return (await this.docker(['logs', '--tail', '200', this.container]))?.output ?? '';
  }

  async remove(): Promise<void> {
    await this.discard();
  }

  private async waitForEnd(): Promise<string> {
    const waited = await this.docker(['wait', this.container], undefined, foreverMs);
    this.isRunning = false;
    return waited?.status === 0 ? `exit code ${waited.output.trim()}` : 'docker lost it';
  }

  /** Also what a killed launcher left. The volume stays. */
  private async discard(): Promise<void> {
    await this.docker(['stop', '--time', '10', this.container]);
    await this.docker(['rm', '--force', this.container]);
  }

  private docker(args: readonly string[], signal?: AbortSignal, timeoutMs = commandTimeoutMs): Promise<Finished | undefined> {
    return runCommand('docker', args, { environment: this.environment, timeoutMs, signal });
  }
}

export function dockerBroker({ dataDir, ports, brokerProperties: overrides, environment }: DockerServersOptions): DockerServer {
  const properties = brokerProperties({ ports, bind: '0.0.0.0', logDirs: '/var/lib/kafka/data', overrides });
  const variables = Object.entries({ ...asImageEnvironment(properties), CLUSTER_ID: clusterId, KAFKA_HEAP_OPTS: '-Xms256m -Xmx512m' });
  return new DockerServer(
    'broker',
    // The same port inside and outside, because the broker also reaches itself by the address that it advertises.
    (volume) => ['--publish', `127.0.0.1:${ports.broker}:${ports.broker}`, '--volume', `${volume}:/var/lib/kafka/data`, ...variables.flatMap(([name, value]) => ['--env', `${name}=${value}`]), images().broker],
    dataDir,
    environment,
  );
}

export function dockerDatabase({ dataDir, ports, environment }: DockerServersOptions): DockerServer {
  return new DockerServer('database', (volume) => ['--publish', `127.0.0.1:${ports.database}:27017`, '--volume', `${volume}:/data/db`, images().database], dataDir, environment);
}
