// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Infrastructure, type InfrastructureOptions, startInfrastructure } from '../src/index.js';

/** A data folder for one test file. */
export class LocalFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'nervus-infrastructure-'));
  readonly lines: string[] = [];

  /** Starts on Java, whatever else this machine has, on ports of its own. */
  start(options: Partial<InfrastructureOptions> = {}): Promise<Infrastructure> {
    return startInfrastructure({
      dataDir: this.path,
      mode: 'java',
      database: 'durable',
      ports: { broker: 23092, controller: 23093, database: 29117 },
      readyTimeoutMs: 90_000,
      log: (line) => this.lines.push(line),
      ...options,
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
