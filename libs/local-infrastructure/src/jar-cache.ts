// SPDX-License-Identifier: Apache-2.0
// Invariant: a folder under its final name is complete. Everything is made in a folder beside it and renamed at the end,
// so an interrupted or a parallel run leaves nothing half done under that name.
import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { requireDiskSpace } from './disk-space.js';
import { InfrastructureError } from './errors.js';
import { javaAssets, javaAssetsHash } from './java-assets.js';
import { javaTools } from './java-tools.js';
import { lastLines } from './log-diagnosis.js';
import { runCommand } from './run-command.js';

export interface JavaInstallation {
  /** Class paths as `java -cp` takes them. */
  readonly brokerClassPath: string;
  readonly databaseClassPath: string;
}

export interface JarCacheOptions {
  readonly cacheDir: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

const resolveTimeoutMs = 8 * 60_000;
const abandonedAfterMs = 24 * 3_600_000;

export const javaFolder = (cacheDir: string): string => join(cacheDir, `java-${javaAssetsHash()}`);

export const jarsAreCached = (cacheDir: string): boolean => existsSync(javaFolder(cacheDir));

/**
 * The jars of broker and database and the compiled launcher class, made on first use.
 * @throws InfrastructureError `jars_unresolved`, `compilation_failed`, `disk_full`
 */
export async function javaInstallation(options: JarCacheOptions): Promise<JavaInstallation> {
  const folder = javaFolder(options.cacheDir);
  if (!existsSync(folder)) await make(folder, options);
  return { brokerClassPath: join(folder, 'broker', '*'), databaseClassPath: [join(folder, 'classes'), join(folder, 'database', '*')].join(':') };
}

async function make(folder: string, options: JarCacheOptions): Promise<void> {
  mkdirSync(options.cacheDir, { recursive: true });
  await requireDiskSpace(options.cacheDir, 'the jar cache');
  removeAbandoned(options.cacheDir);
  const draft = join(options.cacheDir, `draft-${randomUUID()}`);
  try {
    const poms = join(draft, 'poms');
    cpSync(javaAssets, poms, { recursive: true });
    options.log('Fetching the jars of Kafka and the database with Maven; this happens once');
    await resolveJars(poms, draft, options);
    await compile(draft, options);
    rmSync(poms, { recursive: true, force: true });
    publish(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

async function resolveJars(poms: string, draft: string, options: JarCacheOptions): Promise<void> {
  // One Maven for both: two at once would share one local repository, which it does not lock.
  const args = ['-B', '-q', '-T', '2', '-f', join(poms, 'pom.xml'), 'dependency:copy-dependencies', `-DoutputFolder=${draft}`];
  const run = await runCommand(javaTools(options.environment).maven, args, { environment: options.environment, cwd: poms, timeoutMs: resolveTimeoutMs, signal: options.signal });
  if (!run) throw new InfrastructureError('maven_missing', 'Maven is missing: there is no mvn on PATH. Install it; it is needed once, to fetch the jars');
  if (/no space left on device/i.test(run.output)) throw new InfrastructureError('disk_full', `The disk is full: Maven could not write the jars. Free some space under ${options.cacheDir} and in Maven's own repository`, { folder: options.cacheDir });
  if (run.status !== 0) {
    throw new InfrastructureError('jars_unresolved', `Maven could not fetch the jars${run.status === null ? ' within 8 minutes' : ''}. Is the Maven repository reachable? A proxy or mirror belongs into ~/.m2/settings.xml. The end of its output:\n${lastLines(run.output)}`, { status: run.status });
  }
}

async function compile(draft: string, options: JarCacheOptions): Promise<void> {
  const classes = join(draft, 'classes');
  const args = ['-cp', join(draft, 'database', '*'), '-d', classes, join(draft, 'poms', 'database', 'MongoDev.java')];
  const run = await runCommand(javaTools(options.environment).javac, args, { environment: options.environment, timeoutMs: 120_000, signal: options.signal });
  if (run?.status !== 0) throw new InfrastructureError('compilation_failed', `The database's launcher class did not compile:\n${lastLines(run?.output ?? 'there is no javac')}`);
}

function publish(draft: string, folder: string): void {
  try {
    renameSync(draft, folder);
  } catch (error) {
    // Another run was quicker; its folder is as good as ours.
    if (!existsSync(folder)) throw error;
  }
}

function removeAbandoned(cacheDir: string): void {
  for (const name of readdirSync(cacheDir)) {
    const path = join(cacheDir, name);
    if (!name.startsWith('draft-')) continue;
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (age > abandonedAfterMs) rmSync(path, { recursive: true, force: true });
  }
}
