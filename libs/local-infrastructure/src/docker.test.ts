// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { images, requireDocker } from './docker.js';
import type { Finished } from './run-command.js';

const works: Finished = { status: 0, output: '' };
const fails = (output: string): Finished => ({ status: 1, output });

async function ask(answers: (args: string) => Finished | undefined, environment: NodeJS.ProcessEnv = {}): Promise<string[]> {
  const asked: string[] = [];
  await requireDocker({ needed: ['broker', 'database'], environment, log: () => {} }, async (_, args) => {
    asked.push(args.join(' '));
    return answers(args.join(' '));
  });
  return asked;
}

describe('what Docker needs', () => {
  it('is content with an engine and both images, and pulls nothing then', async () => {
    expect((await ask(() => works)).some((line) => line.startsWith('pull'))).toBe(false);
  });

  it('says that there is no docker command', () => expect(ask(() => undefined)).rejects.toMatchObject({ code: 'docker_unavailable' }));

  it('says that the engine does not answer, as the command puts it', () => expect(ask(() => fails('Cannot connect to the Docker daemon'))).rejects.toMatchObject({ code: 'docker_unavailable', message: expect.stringContaining('Cannot connect') }));

  it('refuses an engine on another machine, whose ports are not on loopback', () => expect(ask(() => works, { DOCKER_HOST: 'tcp://build.example:2375' })).rejects.toMatchObject({ code: 'docker_unavailable' }));

  it('does not wait for a pull that cannot succeed', async () => {
    const offline = ask((args) => (args.startsWith('version') ? works : fails('no such host')));
    await expect(offline).rejects.toMatchObject({ code: 'docker_images_missing', details: { image: images().broker } });
  });

  it('pulls a missing image that the registry offers', async () => {
    const asked = await ask((args) => (args === `image inspect ${images().database}` ? fails('No such image') : works));
    expect(asked.filter((line) => line.startsWith('pull'))).toEqual([`pull --quiet ${images().database}`]);
  });

  it('runs the same Kafka as the jars', () => expect(images().broker).toMatch(/^apache\/kafka:4\.\d+\.\d+$/));
});
