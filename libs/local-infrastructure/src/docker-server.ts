// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { asImageEnvironment, brokerProperties, newClusterId } from './broker-properties.js';
import type { BrokerNode } from './cluster.js';
import { images } from './docker.js';
import { explainEnding } from './log-diagnosis.js';
import type { LocalServer } from './local-server.js';
import type { ServerName } from './options.js';
import { type Finished, runCommand } from './run-command.js';

export interface DockerServersOptions {
  readonly dataDir: string;
  readonly brokerProperties: Readonly<Record<string, string>>;
  readonly environment: NodeJS.ProcessEnv;
}

const commandTimeoutMs = 60_000;
const foreverMs = 2 ** 31 - 1;

/** Of a container and of the volume that holds its data. */
const containerName = (dataDir: string, name: ServerName): string => `nervus-${createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 10)}-${name}`;

/** Ends and removes the containers of a launcher that was killed; their volumes stay. Call only while holding the data folder's lock. */
export async function discardContainers(dataDir: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const containers = (['broker', 'database'] as const).map((name) => containerName(dataDir, name));
  const docker = (...args: string[]): Promise<unknown> => runCommand('docker', [...args, ...containers], { environment, timeoutMs: commandTimeoutMs });
  await docker('stop', '--time', '10');
  await docker('rm', '--force');
}

/** Containers that run now. When this process exits without having stopped them, they are told to end. */
const running = new Map<string, NodeJS.ProcessEnv>();
process.on('exit', () => {
  for (const [container, environment] of running) spawn('docker', ['stop', container], { env: environment, detached: true, stdio: 'ignore' });
});

/** A container whose data is in a volume of the same name, both named after the data folder. */
export class DockerServer implements LocalServer {
  readonly pid = undefined;
  readonly logPlace: string;
  private readonly container: string;
  private ending: Promise<string> = Promise.resolve('never started');
  private launched = false;

  constructor(
    readonly name: ServerName,
    private readonly createArgs: (container: string) => readonly string[],
    dataDir: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {
    this.container = containerName(dataDir, name);
    this.logPlace = `docker logs ${this.container}`;
  }

  async launch(signal: AbortSignal): Promise<void> {
    const started = this.launched ? await this.docker(['start', this.container], signal) : await this.docker(['run', '--detach', '--name', this.container, ...this.createArgs(this.container)], signal);
    this.launched = true;
    if (started?.status !== 0) throw explainEnding({ server: this.name, how: 'docker could not start it', log: started?.output ?? '', logPlace: 'output of docker' }, true);
    running.set(this.container, this.environment);
    this.ending = this.waitForEnd();
  }

  gone(): Promise<string> {
    return this.ending;
  }

  async end(signal: 'SIGTERM' | 'SIGKILL', graceMs: number): Promise<void> {
    if (!running.has(this.container)) return;
    await this.docker(['kill', '--signal', signal, this.container]);
    const force = setTimeout(() => void this.docker(['kill', this.container]), graceMs);
    await this.ending;
    clearTimeout(force);
  }

  async log(): Promise<string> {
    return (await this.docker(['logs', '--tail', '200', this.container]))?.output ?? '';
  }

  async remove(): Promise<void> {
    await this.docker(['rm', '--force', this.container]);
  }

  private async waitForEnd(): Promise<string> {
    const waited = await this.docker(['wait', this.container], undefined, foreverMs);
    running.delete(this.container);
    return waited?.status === 0 ? `exit code ${waited.output.trim()}` : 'docker lost it';
  }

  private docker(args: readonly string[], signal?: AbortSignal, timeoutMs = commandTimeoutMs): Promise<Finished | undefined> {
    return runCommand('docker', args, { environment: this.environment, timeoutMs, signal });
  }
}

export function dockerBroker({ dataDir, brokerProperties: overrides, environment }: DockerServersOptions, node: BrokerNode): DockerServer {
  const { ports } = node;
  const properties = brokerProperties({ node, nodes: [node], bind: '0.0.0.0', logDirs: '/var/lib/kafka/data', overrides });
  const variables = Object.entries({ ...asImageEnvironment(properties), CLUSTER_ID: newClusterId(dataDir), KAFKA_HEAP_OPTS: '-Xms256m -Xmx512m' });
  return new DockerServer(
    'broker',
    // The same port inside and outside, because the broker also reaches itself by the address that it advertises.
    (volume) => ['--publish', `127.0.0.1:${ports.broker}:${ports.broker}`, '--volume', `${volume}:/var/lib/kafka/data`, ...variables.flatMap(([name, value]) => ['--env', `${name}=${value}`]), images().broker],
    dataDir,
    environment,
  );
}

export function dockerDatabase({ dataDir, environment }: DockerServersOptions, port: number): DockerServer {
  return new DockerServer('database', (volume) => ['--publish', `127.0.0.1:${port}:27017`, '--volume', `${volume}:/data/db`, images().database], dataDir, environment);
}
