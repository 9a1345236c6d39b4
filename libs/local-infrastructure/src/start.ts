// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { defaultCacheFolder } from './cache-folder.js';
import { chooseKind, type LocalKind } from './choice.js';
import type { SecureBroker } from './broker-security.js';
import { brokerNames } from './cluster.js';
import { inWords, previousUse, rememberUse, requireSameUse } from './data-folder-use.js';
import { lockDataFolder } from './data-lock.js';
import { describeInfrastructure } from './describe.js';
import { neededBytes, requireDiskSpace } from './disk-space.js';
import { requireDocker } from './docker.js';
import { discardContainers } from './docker-server.js';
import { InfrastructureError } from './errors.js';
import { requireExternalBroker, requireExternalDatabase } from './external.js';
import { javaInstallation, jarsAreCached } from './jar-cache.js';
import { pinnedVersions } from './java-assets.js';
import { requireJava } from './java-tools.js';
import { kafkaAccess } from './kafka-access.js';
import { type LocalServers, startLocalServers, stopLocalServers } from './local-servers.js';
import { requireMemory } from './memory.js';
import type { DatabaseInfo, Infrastructure, InfrastructureOptions, ServerName } from './options.js';
import { endOrphans } from './orphans.js';
import { defaultPorts } from './ports.js';
import type { DatabaseAnswer } from './readiness.js';
import { RunningInfrastructure } from './running-infrastructure.js';
import { securityMaterial } from './security-material.js';
import { throwIfAborted } from './run-command.js';

const defaults = { readyTimeoutMs: { 1: 60_000, 3: 120_000 }, stopGraceMs: 10_000 };

/**
 * A broker and a database, ready for use: those whose addresses are given, and else ones that are started here.
 * Resolves when both answer: the broker has acknowledged a record, the database a ping. Leaves nothing running when it throws.
 * @throws InfrastructureError
 */
export async function startInfrastructure(options: InfrastructureOptions): Promise<Infrastructure> {
  if (process.platform === 'win32') throw new InfrastructureError('platform_unsupported', 'Windows itself is not supported: run this inside WSL');
  const log = options.log ?? (() => {});
  const brokers = options.kafkaBrokers?.length ? options.kafkaBrokers : undefined;
  const uri = options.mongoUri || undefined;
  const [, answer] = await Promise.all([brokers && requireExternalBroker(brokers), uri ? requireExternalDatabase(uri) : undefined]);
  throwIfAborted(options.signal);

  await using undo = new AsyncDisposableStack();
  const needed: ServerName[] = [...(brokers ? [] : brokerNames(options.brokers ?? 1)), ...(uri ? [] : ['database' as const])];
  const local = needed.length > 0 || options.mode === 'external' || options.brokers === 3 || options.security ? await startLocally(needed, options, log, undo) : undefined;

  const kind = local?.kind ?? 'external';
  const access = local?.secure && kafkaAccess(local.servers.nodes, local.secure);
  const kafka = { brokers: brokers ?? local?.servers.nodes.map(({ ports }) => `127.0.0.1:${ports.broker}`) ?? [], version: !brokers && local ? pinnedVersions().kafka : 'unknown', external: brokers !== undefined, ...(access && { access }) };
  const database = uri && answer ? externalDatabase(uri, answer) : localDatabase(local, options.database);
  const description = describeInfrastructure(kind, kafka, database, options.dataDir);
  log(description);
  return new RunningInfrastructure({ kind, kafka, database, description, servers: local?.servers, secure: local?.secure, release: undo.move() });
}

interface Local {
  readonly kind: LocalKind;
  readonly servers: LocalServers;
  readonly secure: SecureBroker | undefined;
}

async function startLocally(needed: readonly ServerName[], options: InfrastructureOptions, log: (line: string) => void, undo: AsyncDisposableStack): Promise<Local | undefined> {
  const environment = options.environment ?? process.env;
  const cacheDir = resolve(options.cacheDir ?? defaultCacheFolder(environment));
  const dataDir = resolve(options.dataDir);
  const { signal } = options;
  const stopGraceMs = options.stopGraceMs ?? defaults.stopGraceMs;

  const count = options.brokers ?? 1;

  mkdirSync(dataDir, { recursive: true });
  await requireDiskSpace(dataDir, 'the data folder', count * neededBytes);
  const lock = lockDataFolder(dataDir);
  undo.defer(() => lock.release());
  const previous = previousUse(dataDir);
  const wanted = { brokers: count, secure: options.security !== undefined };
  requireSameUse(dataDir, previous, wanted);
  await endOrphans(dataDir, stopGraceMs, log);
  if (previous?.kind === 'docker') await discardContainers(dataDir, environment);
  const kind = await chooseKind(
    { mode: options.mode ?? 'auto', given: { broker: !needed.includes('broker'), database: !needed.includes('database') }, previous: previous?.kind, onlyJava: count > 1 || wanted.secure ? inWords(wanted) : undefined },
    { docker: () => requireDocker({ needed: needed.filter((name) => name === 'broker' || name === 'database'), environment, log, signal }), java: () => requireJava(jarsAreCached(cacheDir), environment, signal) },
    log,
  );
  if (kind === 'external') return undefined;
  if (count > 1) requireMemory(count);
  const installation = kind === 'java' ? await javaInstallation({ cacheDir, environment, log, signal }) : undefined;
  rememberUse(dataDir, { kind, ...wanted });
  const secure = options.security && { security: options.security, material: securityMaterial(dataDir, options.security) };
  const servers = await startLocalServers({
    kind, needed, dataDir, installation, environment, log, signal, secure,
    storage: options.database,
    preferredPorts: { ...defaultPorts, ...options.ports },
    pinPorts: options.pinPorts ?? false,
    brokerProperties: options.brokerProperties ?? {},
    supervision: { readyTimeoutMs: options.readyTimeoutMs ?? defaults.readyTimeoutMs[count], stopGraceMs, onUnexpectedEnd: options.onUnexpectedEnd ?? ((error) => log(error.message)) },
  });
  undo.defer(() => stopLocalServers(servers));
  return { kind, servers, secure };
}

function externalDatabase(uri: string, answer: DatabaseAnswer): DatabaseInfo {
  return { uri, kind: answer.kind, version: answer.kind === 'mongodb' ? answer.version : 'unknown', storage: 'external' };
}

function localDatabase(local: Local | undefined, storage: 'durable' | 'memory'): DatabaseInfo {
  const uri = `mongodb://127.0.0.1:${local?.servers.databasePort}`;
  const answer = local?.servers.answer;
  if (answer?.kind === 'mongodb') return { uri, kind: 'mongodb', version: answer.version, storage: 'durable' };
  return { uri, kind: 'mongo-java-server', version: pinnedVersions().mongoJavaServer, storage };
}
