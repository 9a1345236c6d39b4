// SPDX-License-Identifier: Apache-2.0
import 'reflect-metadata';
import { Type, type Static, type TObject, type TProperties } from 'typebox';
import { ConfigError, KitConfig, loadConfig } from './config.js';
import { Health } from './health.js';
import type { ServiceDefinition } from './kit.js';
import { createLogger } from './logs.js';
import { openManagement } from './management.js';
import { Metrics } from './metrics.js';
import { connect } from './parts.js';
import { RunningService } from './running-service.js';
import { startTracing } from './traces.js';

/** Status that a process ends with. */
const exitStatus = { stopped: 0, failed: 1, misconfigured: 78 } as const;

/**
 * Starts a service in this process and resolves when it is ready.
 * @param environment variables to read the configuration from
 * @param onFatal called once when the service cannot go on
 * @throws ConfigError, EnrolmentRefused, or what connecting failed with
 */
export async function startService<T extends TProperties>(definition: ServiceDefinition<T>, environment: Readonly<Record<string, string | undefined>>, onFatal: (error: Error) => void): Promise<RunningService<T>> {
  const schema = Type.Object({ ...KitConfig.properties, ...definition.config.properties });
  const config = loadConfig(schema, environment) as Static<TObject<T>> & KitConfig;
  const logger = createLogger(definition.service, config.logLevel);
  const tracing = await startTracing(definition.service, config.otlpEndpoint);
  const metrics = new Metrics(definition.service);
  const health = new Health();
  const management = await openManagement(health, metrics, config.managementHost, config.managementPort);
  const parts = await connect(definition.service, config, { logger, metrics, health, tracing, onFatal, readsDeadLetters: definition.deadLetters !== undefined });
  const service = new RunningService(definition, config, parts, management);
  await service.start();
  return service;
}

/** The whole life of a service process: start, run until SIGTERM or SIGINT, stop in order, exit. */
export async function runService<T extends TProperties>(definition: ServiceDefinition<T>): Promise<void> {
  let service: RunningService<T> | undefined;
  let ending = false;
  const end = (status: number): void => {
    if (ending) return;
    ending = true;
    // A stop that hangs must not leave a process that nobody watches.
    const drainMs = Number(process.env['NERVUS_DRAIN_SECONDS'] ?? 20) * 1000;
    setTimeout(() => process.exit(status === exitStatus.stopped ? exitStatus.failed : status), drainMs + 20_000).unref();
    const stopped = service ? service.stop() : Promise.resolve();
    stopped.then(
      () => process.exit(status),
      () => process.exit(exitStatus.failed),
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => end(exitStatus.stopped));
  try {
    service = await startService(definition, process.env, () => end(exitStatus.failed));
  } catch (error) {
    createLogger(definition.service, 'error').error({ err: error, code: error instanceof ConfigError ? error.code : 'start_failed' }, error instanceof Error ? error.message : 'the start failed');
    process.exit(error instanceof ConfigError ? exitStatus.misconfigured : exitStatus.failed);
  }
}
