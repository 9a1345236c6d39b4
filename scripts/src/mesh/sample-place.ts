// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/** Files that a local installation needs beside what the repository holds. */
export interface SamplePlace {
  /** Secrets of the sample sources, made at the first start. */
  readonly secretsFolder: string;
  /** What the recorded sources play. */
  readonly recordingsFolder: string;
  /** Where actions may go. */
  readonly destinationsFile: string;
}

/** Port of the sample desk, which the sample agents name. */
export const deskPort = 4580;

/**
 * Lays out secrets, recordings and destinations of a local installation; what is there stays.
 * @param deskUrl where the sample desk listens: the one endpoint and host that sample actions may reach
 * @param signedSources names of the sources that need a secret
 */
export function samplePlace(dataDir: string, deskUrl: string, signedSources: readonly string[] = ['inbound', 'partner-events']): SamplePlace {
  const secretsFolder = join(dataDir, 'secrets');
  mkdirSync(secretsFolder, { recursive: true, mode: 0o700 });
  for (const source of signedSources) {
    const file = join(secretsFolder, `${source}.secret`);
    if (!existsSync(file)) writeFileSync(file, `whsec_${randomBytes(24).toString('base64')}\n`, { mode: 0o600 });
  }

  const recordingsFolder = join(dataDir, 'recordings');
  const news = join('agents', 'market-news', 'feeds', 'recorded.ndjson');
  mkdirSync(dirname(join(recordingsFolder, news)), { recursive: true });
  copyFileSync(join(root, news), join(recordingsFolder, news));
  const made = spawnSync(process.execPath, [join(root, 'agents', 'make-series-feeds.mjs'), recordingsFolder], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`the recorded series could not be made: ${made.stderr}`);

  const destinationsFile = join(dataDir, 'destinations.json');
  const destinations = {
    webhooks: { 'risk-desk': { url: `${deskUrl}/webhooks/risk-desk`, allowPrivate: true } },
    hosts: [{ origin: deskUrl, methods: ['GET', 'POST'], allowPrivate: true, idempotency: 'native' }],
  };
  writeFileSync(destinationsFile, `${JSON.stringify(destinations, null, 2)}\n`);
  return { secretsFolder, recordingsFolder, destinationsFile };
}
