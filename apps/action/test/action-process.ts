// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { kafkaBrokers, mongoUri } from '@nervus/testing';
import type { ActionMesh } from './action-mesh.js';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** One action process of its own, as it runs in production, so that it can be killed at any moment. */
export class ActionProcess {
  private constructor(private readonly child: ChildProcess) {}

  /** Resolves when the process says that it is ready. Its keys are made known by the mesh of the test. */
  static async start({ world, environment }: ActionMesh): Promise<ActionProcess> {
    if (!existsSync(main)) throw new Error(`${main} is missing: build first (npm run build)`);
    const [bundle, token] = [join(world.folder, 'trust-bundle.json'), join(world.folder, 'token')];
    writeFileSync(bundle, world.trust.bundleFile.content);
    writeFileSync(token, 'a.b.c');
    const child = spawn(process.execPath, ['--enable-source-maps', main], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env, ...environment, KAFKA_BROKERS: kafkaBrokers().join(','), MONGODB_URI: mongoUri(), NERVUS_DATABASE: world.prefix.replaceAll('.', ''), NERVUS_TOPIC_PREFIX: world.prefix, NERVUS_TRUST_BUNDLE: bundle,
        NERVUS_TRUST_BUNDLE_THUMBPRINT: world.trust.bundleFile.thumbprint, NERVUS_TOKEN_FILE: token, NERVUS_LOG_LEVEL: 'info',
      },
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const said: string[] = [];
    createInterface({ input: child.stdout! }).on('line', (line) => {
      said.push(line);
      if (line.includes('"message":"ready"')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`action ended with ${code} before it was ready: ${said.slice(-5).join('\n')}`)));
    const started = new ActionProcess(child);
    const late = setTimeout(() => reject(new Error(`action was not ready within 40 s: ${said.slice(-5).join('\n')}`)), 40_000);
    try {
      await promise;
    } catch (error) {
      await started.kill();
      throw error;
    } finally {
      clearTimeout(late);
    }
    return started;
  }

  /** kill -9. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill(signal);
    await ended;
  }
}
