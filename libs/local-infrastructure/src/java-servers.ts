// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brokerProperties, clusterIdIn, newClusterId, renderProperties } from './broker-properties.js';
import { type SecureBroker, securityFlags } from './broker-security.js';
import type { BrokerNode } from './cluster.js';
import { explainEnding } from './log-diagnosis.js';
import type { JavaInstallation } from './jar-cache.js';
import { javaAssets } from './java-assets.js';
import { JavaServer } from './java-server.js';
import { javaTools } from './java-tools.js';
import type { BrokerName } from './options.js';
import { type Finished, runCommand } from './run-command.js';
import { scramArguments } from './security-material.js';

export interface JavaServersOptions {
  readonly dataDir: string;
  readonly installation: JavaInstallation;
  readonly storage: 'durable' | 'memory';
  readonly brokerProperties: Readonly<Record<string, string>>;
  readonly secure: SecureBroker | undefined;
  readonly environment: NodeJS.ProcessEnv;
}

/** One small machine runs everything: a serial collector costs least. Both compilers: the quick one alone takes a fifth more for each run. */
const serial = '-XX:+UseSerialGC';
const headless = '-Djava.awt.headless=true';
/**
 * Heap and place of the database's documents. In memory they all live on the heap, where the serial collector would stop
 * it for most of a second once they fill the old generation.
 */
const databases = {
  memory: { heap: ['-Xms512m', '-Xmx1g', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20'], place: 'memory' },
  durable: { heap: ['-Xms64m', '-Xmx384m', serial], place: 'documents.h2' },
} as const;
const formatTimeoutMs = 60_000;

/** One of several takes less: they share one machine, and what it has of memory. */
const brokerHeap = (nodes: number): readonly string[] => (nodes === 1 ? ['-Xms256m', '-Xmx512m'] : ['-Xms128m', '-Xmx384m']);

/** Apache Kafka as one process that is broker and controller. Its data and `server.properties` are in `<dataDir>/<name>`. */
export function javaBroker(options: JavaServersOptions, node: BrokerNode, nodes: readonly BrokerNode[]): JavaServer {
  const { name } = node;
  const cwd = join(options.dataDir, name);
  mkdirSync(cwd, { recursive: true });
  // Relative to the working folder: no path of this machine needs escaping, and the folder can be moved.
  const properties = brokerProperties({ node, nodes, bind: '127.0.0.1', logDirs: 'data', secure: options.secure, overrides: options.brokerProperties });
  writeFileSync(join(cwd, 'server.properties'), renderProperties(properties));
  const { java } = javaTools(options.environment);
  const flags = [...brokerHeap(nodes.length), serial, headless, ...(options.secure ? securityFlags(options.secure) : []), `-Dlog4j2.configurationFile=${pathToFileURL(join(javaAssets, 'broker', 'log4j2.xml')).href}`, '-cp', options.installation.brokerClassPath];
  const logFile = join(options.dataDir, 'logs', `${name}.log`);

  async function formatWhenFresh(signal: AbortSignal): Promise<void> {
    // The format writes this file last, so a format that was interrupted is done again.
    if (existsSync(metaProperties(options.dataDir, name))) return;
    const args = [...flags, 'kafka.tools.StorageTool', 'format', '-t', newClusterId(options.dataDir), '-c', 'server.properties', '--ignore-formatted'];
    const format = (more: readonly string[]): Promise<Finished | undefined> => runCommand(java, [...args, ...more], { cwd, environment: options.environment, timeoutMs: formatTimeoutMs, signal });
    const run = options.secure ? await withScramUsers(options.secure, cwd, format) : await format([]);
    if (run?.status !== 0) throw explainEnding({ server: name, how: `the format of its storage failed, ${run?.status ?? 'killed'}`, log: run?.output ?? '', logPlace: 'output of the format' }, true);
  }

  return new JavaServer({ name, java, args: [...flags, 'kafka.Kafka', 'server.properties'], cwd, logFile, dataDir: options.dataDir, environment: options.environment, prepare: formatWhenFresh });
}

/** Passwords go to the format in a file, since everybody on the machine sees what is on a command line. */
async function withScramUsers<T>({ security, material }: SecureBroker, folder: string, format: (more: readonly string[]) => Promise<T>): Promise<T> {
  const file = join(folder, 'format-arguments');
  writeFileSync(file, scramArguments(material, security.principals).join('\n'), { mode: 0o600 });
  try {
    return await format([`@${file}`]);
  } finally {
    rmSync(file, { force: true });
  }
}

const metaProperties = (dataDir: string, name: BrokerName): string => join(dataDir, name, 'data', 'meta.properties');

/** The id of the cluster that this data folder was formatted for. */
export const javaClusterId = (dataDir: string): string | undefined => clusterIdIn(readFileSync(metaProperties(dataDir, 'broker'), 'utf8'));

/** mongo-java-server behind a class of ours. Its data is in `<dataDir>/database`. */
export function javaDatabase(options: JavaServersOptions, port: number): JavaServer {
  const cwd = join(options.dataDir, 'database');
  const { heap, place } = databases[options.storage];
  const args = [...heap, headless, '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', options.installation.databaseClassPath, 'MongoDev', String(port), place];
  return new JavaServer({ name: 'database', java: javaTools(options.environment).java, args, cwd, logFile: join(options.dataDir, 'logs', 'database.log'), dataDir: options.dataDir, environment: options.environment });
}
