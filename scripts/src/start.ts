// SPDX-License-Identifier: Apache-2.0
// `npm start`: the whole mesh on this machine, until Ctrl-C. Its data stay for the next start.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BrokerName, InfrastructureError } from '@nervus/local-infrastructure';
import { infrastructureMode } from './mesh/infrastructure-mode.js';
import { Installation } from './mesh/installation.js';
import { profileFolder, type StartArguments, startArguments, startHelp, UnknownArgument } from './start-arguments.js';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const log = (line: string): void => console.log(line);
const profile = readArguments();
const dataDir = process.env['NERVUS_DATA'] ?? join(root, '.nervus', profileFolder(profile));

const stopping = new AbortController();
let installation: Installation | undefined;
let ended: Promise<never> | undefined;

/** Stops whatever had been started so far, once. */
function end(status: number): Promise<never> {
  ended ??= (async () => {
    stopping.abort();
    log('\nStopping ...');
    await installation?.stop(log);
    log('Stopped. The data are kept for the next start.');
    process.exit(status);
  })();
  return ended;
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(0));

function readArguments(): StartArguments {
  try {
    const profile = startArguments(process.argv.slice(2));
    if (!profile.help) return profile;
    log(startHelp);
    process.exit(0);
  } catch (error) {
    log(explain(error));
    process.exit(2);
  }
}

/** One of several brokers may end: the others go on, and it is started again. Without anything else everything ends. */
function onServerEnded(error: InfrastructureError): void {
  const server = String(error.details['server']);
  if (profile.brokers > 1 && server !== 'database' && installation) {
    void startAgain(installation, server as BrokerName, error);
    return;
  }
  log(error.message);
  void end(1);
}

async function startAgain({ infrastructure }: Installation, broker: BrokerName, { details }: InfrastructureError): Promise<void> {
  log(`The ${broker} ended (${String(details['how'])}) although nobody had asked it to; its log is ${String(details['log'])}. The others go on, and it is started again ...`);
  try {
    await infrastructure.bringUp(broker);
    log(`The ${broker} is back, and has caught up.`);
  } catch (failure) {
    if (!stopping.signal.aborted) log(`The ${broker} stays away, and the others go on: ${explain(failure)}`);
  }
}

function explain(error: unknown): string {
  if (error instanceof InfrastructureError || error instanceof UnknownArgument) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

try {
  const startedAt = Date.now();
  installation = await Installation.prepare({
    dataDir, database: 'durable', brokers: profile.brokers, secure: profile.secure, mode: infrastructureMode(process.env['NERVUS_INFRA']), signal: stopping.signal, log,
    kafkaBrokers: process.env['KAFKA_BROKERS']?.split(','), mongoUri: process.env['MONGODB_URI'],
    onUnexpectedEnd: onServerEnded,
  });
  const { mesh, seats } = installation;
  log('Starting the services ...');
  await installation.start(dataDir);
  mesh.onUnexpectedEnd((member, status) => {
    log(`${member} ended with status ${status}: see ${join(dataDir, 'logs', `${member}.log`)}`);
    void end(1);
  });

  log(`\nNervus runs (${Math.round((Date.now() - startedAt) / 1000)} s).`);
  log('The console, one link for each sample person, good once and for ten minutes:');
  for (const [person, token] of seats.links) log(`  ${person.padEnd(5)} ${mesh.urlOf('console')}/login#${token}`);
  log(`Events are taken in at ${mesh.urlOf('ingestion')}, the audit log is open at ${mesh.urlOf('audit')}`);
  log(`Effects stand in ${join(dataDir, 'desk.ndjson')}, alerts in ${join(dataDir, 'alerts')}, logs in ${join(dataDir, 'logs')}`);
  if (profileFolder(profile) !== '') log(`The data of this profile are in ${dataDir}: for the command line, NERVUS_DATA=${dataDir} npm run -s nervus -- ...`);
  log('Ctrl-C stops everything.');
} catch (error) {
  if (!stopping.signal.aborted) {
    log(explain(error));
    await end(1);
  }
}
