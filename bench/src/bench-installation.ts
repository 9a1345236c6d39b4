// SPDX-License-Identifier: Apache-2.0
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deskPort, Installation, type InstallationOptions } from '@nervus/scripts/mesh';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The two kinds of load: one routine effect for each event, or one consequential with receipt and credential. */
export type LoadKind = 'routine' | 'consequential';

/** A local installation with the agents, sources and policies of the benchmarks, in a folder that is removed at the end. */
export interface BenchInstallation {
  readonly installation: Installation;
  readonly dataDir: string;
  /** Key of a source's Standard Webhooks secret. */
  secretOf(kind: LoadKind): Buffer;
  close(): Promise<void>;
}

/** What an event of the load is about, as the agents pass it on to the sink. */
export function subjectOf(body: unknown): string {
  const payload = body as { subject?: unknown; payload?: { subject?: unknown }; data?: { subject?: unknown } } | null;
  const subject = payload?.subject ?? payload?.payload?.subject ?? payload?.data?.subject;
  return typeof subject === 'string' ? subject : 'unknown';
}

/** Lays out and starts everything with production defaults; only agents, sources and policies are the benchmark's own. */
export async function openBench(options: Pick<InstallationOptions, 'database' | 'log' | 'replicas' | 'environment' | 'ports'>): Promise<BenchInstallation> {
  const dataDir = mkdtempSync(join(tmpdir(), 'nervus-bench-'));
  const policies = join(dataDir, 'policies');
  cpSync(join(root, 'policies'), policies, { recursive: true });
  cpSync(join(root, 'bench', 'mesh', 'policies'), policies, { recursive: true });
  const list = join(policies, 'destinations.yaml');
  writeFileSync(list, readFileSync(list, 'utf8').replace("'https://api.example.com'", "'https://api.example.com', 'http://127.0.0.1:4580'"));
  const installation = await Installation.prepare({
    ...options, dataDir, subjectOf, signedSources: ['routine', 'consequential'],
    folders: { agents: join(root, 'bench', 'mesh', 'agents'), sources: join(root, 'bench', 'mesh', 'sources'), policies },
  });
  try {
    if (installation.desk.port !== deskPort) throw new Error(`port ${deskPort} is taken, which the benchmark's agents name: stop what listens there (another local installation?) and try again`);
    await installation.start(dataDir);
  } catch (error) {
    await installation.stop(options.log);
    throw error;
  }
  return {
    installation,
    dataDir,
    secretOf: (kind) => Buffer.from(readFileSync(join(installation.place.secretsFolder, `${kind}.secret`), 'utf8').trim().slice('whsec_'.length), 'base64'),
    close: async () => {
      await installation.stop(options.log);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
