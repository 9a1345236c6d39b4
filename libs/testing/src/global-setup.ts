// SPDX-License-Identifier: Apache-2.0
// Runs once per test run, before the first test that needs infrastructure: starts one broker and one database for all of
// them, on ports and in a folder of their own, or takes those that KAFKA_BROKERS and MONGODB_URI name.
import { type Infrastructure, type InfrastructureMode, startInfrastructure } from '@nervus/local-infrastructure';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

/** Away from the ports of `npm start`, so that both can run. */
const ports = { broker: 21092, controller: 21093, database: 28117 };

let infrastructure: Infrastructure | undefined;
let dataDir: string | undefined;

export async function setup(project: TestProject): Promise<void> {
  const brokers = process.env['KAFKA_BROKERS']?.split(',').map((broker) => broker.trim()).filter(Boolean);
  dataDir = mkdtempSync(join(tmpdir(), 'nervus-test-'));
  try {
    infrastructure = await startInfrastructure({
      dataDir,
      database: 'memory',
      mode: modeOf(process.env['NERVUS_INFRA']),
      kafkaBrokers: brokers,
      mongoUri: process.env['MONGODB_URI'],
      ports,
      // Other test runs may share the machine.
      readyTimeoutMs: 120_000,
      log: (line) => console.log(line),
    });
  } catch (error) {
    removeData();
    throw error;
  }
  project.provide('kafkaBrokers', [...infrastructure.kafka.brokers]);
  project.provide('mongoUri', infrastructure.database.uri);
  project.provide('databaseKind', infrastructure.database.kind);
}

export async function teardown(): Promise<void> {
  await infrastructure?.stop();
  removeData();
}

function removeData(): void {
  if (dataDir) rmSync(dataDir, { recursive: true, force: true });
}

function modeOf(value: string | undefined): InfrastructureMode {
  if (value === undefined || value === '') return 'auto';
  if (value === 'auto' || value === 'external' || value === 'docker' || value === 'java') return value;
  throw new Error(`NERVUS_INFRA is "${value}": expected auto, external, docker or java`);
}
