// SPDX-License-Identifier: Apache-2.0
// `npm start`: the whole mesh on this machine, until Ctrl-C. Its data stay for the next start.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InfrastructureError, type Infrastructure, startInfrastructure } from '@nervus/local-infrastructure';
import { infrastructureMode } from './mesh/infrastructure-mode.js';
import { createLocalTopics } from './mesh/local-topics.js';
import { Mesh } from './mesh/mesh.js';
import { freePort } from './mesh/ports.js';
import { deskPort, samplePlace } from './mesh/sample-place.js';
import { handOutSeats, sampleSeats } from './mesh/seats.js';
import { Sink } from './mesh/sink.js';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const dataDir = process.env['NERVUS_DATA'] ?? join(root, '.nervus');
const log = (line: string): void => console.log(line);

const stopping = new AbortController();
let infrastructure: Infrastructure | undefined;
let mesh: Mesh | undefined;
let desk: Sink | undefined;
let ended: Promise<never> | undefined;

/** Stops services before broker and database, whatever had been started so far. */
function end(status: number): Promise<never> {
  ended ??= (async () => {
    stopping.abort();
    log('\nStopping ...');
    await mesh?.stop().catch((error: unknown) => log(`stopping the services: ${String(error)}`));
    await desk?.close();
    await infrastructure?.stop().catch((error: unknown) => log(`stopping broker and database: ${String(error)}`));
    log('Stopped. The data are kept for the next start.');
    process.exit(status);
  })();
  return ended;
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(0));

try {
  const startedAt = Date.now();
  infrastructure = await startInfrastructure({
    dataDir: join(dataDir, 'infrastructure'), database: 'durable', mode: infrastructureMode(process.env['NERVUS_INFRA']), signal: stopping.signal, log,
    kafkaBrokers: process.env['KAFKA_BROKERS']?.split(','), mongoUri: process.env['MONGODB_URI'],
    onUnexpectedEnd: (error) => {
      log(error.message);
      void end(1);
    },
  });
  await createLocalTopics(infrastructure.kafka.brokers);

  const seats = handOutSeats(join(dataDir, 'seats'), sampleSeats, Date.now());
  desk = await Sink.listen(() => '', await freePort(deskPort), join(dataDir, 'desk.ndjson'));
  const place = samplePlace(dataDir, `http://127.0.0.1:${desk.port}`);
  mesh = await Mesh.prepare({ dataDir, place, kafkaBrokers: infrastructure.kafka.brokers, mongodbUri: infrastructure.database.uri });
  log('Starting the services ...');
  await mesh.start();
  mkdirSync(join(dataDir, 'run'), { recursive: true });
  const consoleUrl = mesh.urlOf('console');
  writeFileSync(join(dataDir, 'run', 'console.url'), `${consoleUrl}\n`);

  log(`\nNervus runs (${Math.round((Date.now() - startedAt) / 1000)} s). Logs are in ${join(dataDir, 'logs')}.`);
  log('The console, one link for each sample person, good once and for ten minutes:');
  for (const [person, token] of seats.links) log(`  ${person.padEnd(6)} ${consoleUrl}/login#${token}`);
  log('Events are taken in at    ' + mesh.urlOf('ingestion'));
  log(`What actions did at the sample desk stands in ${join(dataDir, 'desk.ndjson')}, alerts in ${join(dataDir, 'alerts')}`);
  log('The audit log is open at  ' + mesh.urlOf('audit'));
  log('Ctrl-C stops everything.');
  mesh.onUnexpectedEnd((member, status) => {
    log(`${member} ended with status ${status}; see its log`);
    void end(1);
  });
} catch (error) {
  if (!stopping.signal.aborted) {
    log(error instanceof InfrastructureError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error));
    await end(1);
  }
}
