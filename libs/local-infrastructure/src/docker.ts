// SPDX-License-Identifier: Apache-2.0
import { InfrastructureError } from './errors.js';
import { pinnedVersions } from './java-assets.js';
import { lastLines } from './log-diagnosis.js';
import { type Finished, runCommand, type RunOptions } from './run-command.js';

/** The image of the same Kafka that the poms pin, so that both ways run one version. */
export const images = (): Readonly<Record<'broker' | 'database', string>> => ({ broker: `apache/kafka:${pinnedVersions().kafka}`, database: 'mongo:8' });

type Run = (command: string, args: readonly string[], options: RunOptions) => Promise<Finished | undefined>;

const askTimeoutMs = 10_000;
const registryTimeoutMs = 20_000;
const pullTimeoutMs = 10 * 60_000;

export interface DockerRequest {
  /** One broker at most: several are not started with Docker. */
  readonly needed: readonly ('broker' | 'database')[];
  readonly environment: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Refuses when Docker cannot be used here; pulls the images that are missing.
 * @throws InfrastructureError `docker_unavailable`, `docker_images_missing`
 */
export async function requireDocker(request: DockerRequest, run: Run = runCommand): Promise<void> {
  const { environment, signal } = request;
  const docker = (timeoutMs: number, ...args: string[]): Promise<Finished | undefined> => run('docker', args, { environment, timeoutMs, signal });
  if (/^(tcp|ssh):/.test(environment['DOCKER_HOST'] ?? '')) throw new InfrastructureError('docker_unavailable', `DOCKER_HOST names another machine (${environment['DOCKER_HOST']}); ports that it publishes cannot be reached on loopback`);
  const engine = await docker(askTimeoutMs, 'version', '--format', '{{.Server.Version}}');
  if (!engine) throw new InfrastructureError('docker_unavailable', 'there is no docker command on PATH');
  if (engine.status !== 0) throw new InfrastructureError('docker_unavailable', `the Docker engine does not answer (${lastLines(engine.output, 1)})`);

  for (const image of request.needed.map((name) => images()[name])) {
    if ((await docker(askTimeoutMs, 'image', 'inspect', image))?.status === 0) continue;
    // Asking the registry is quick either way; a pull without one may hang for long.
    const offered = await docker(registryTimeoutMs, 'manifest', 'inspect', image);
    if (offered?.status !== 0) throw new InfrastructureError('docker_images_missing', `the image ${image} is not here and cannot be pulled (${lastLines(offered?.output ?? '', 1)})`, { image });
    request.log(`Pulling the image ${image}; this happens once`);
    const pulled = await docker(pullTimeoutMs, 'pull', '--quiet', image);
    if (pulled?.status !== 0) throw new InfrastructureError('docker_images_missing', `the image ${image} could not be pulled (${lastLines(pulled?.output ?? '', 3)})`, { image });
  }
}
