// SPDX-License-Identifier: Apache-2.0
// `npm start`: the whole mesh on this machine, until Ctrl-C. Its data stay for the next start.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InfrastructureError } from '@nervus/local-infrastructure';
import { infrastructureMode } from './mesh/infrastructure-mode.js';
import { Installation } from './mesh/installation.js';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const dataDir = process.env['NERVUS_DATA'] ?? join(root, '.nervus');
const log = (line: string): void => console.log(line);

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

function explain(error: unknown): string {
  if (error instanceof InfrastructureError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

try {
  const startedAt = Date.now();
  installation = await Installation.prepare({
    dataDir, database: 'durable', mode: infrastructureMode(process.env['NERVUS_INFRA']), signal: stopping.signal, log,
    kafkaBrokers: process.env['KAFKA_BROKERS']?.split(','), mongoUri: process.env['MONGODB_URI'],
    onUnexpectedEnd: (error) => {
      log(error.message);
      void end(1);
    },
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
  log('Ctrl-C stops everything.');
} catch (error) {
  if (!stopping.signal.aborted) {
    log(explain(error));
    await end(1);
  }
}
