// SPDX-License-Identifier: Apache-2.0
// The image apache/kafka writes its server.properties from environment variables with a class that is in Kafka's jar, so
// what the container would run with can be seen without Docker.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { asImageEnvironment, brokerProperties, newClusterId, renderProperties } from '../src/broker-properties.js';
import { defaultCacheFolder } from '../src/cache-folder.js';
import { javaInstallation } from '../src/jar-cache.js';
import { javaTools } from '../src/java-tools.js';
import { LocalFolder } from './local-folder.js';

it('gives the container exactly the properties that the Java broker would have', async () => {
  using folder = new LocalFolder();
  const { brokerClassPath } = await javaInstallation({ cacheDir: defaultCacheFolder(process.env), environment: process.env, log: () => {} });
  const node = { name: 'broker', id: 1, ports: { broker: 19092, controller: 19093 } } as const;
  const properties = brokerProperties({ node, nodes: [node], bind: '0.0.0.0', logDirs: join(folder.path, 'data'), overrides: { 'log.retention.check.interval.ms': '1000' } });
  const folders = ['default', 'mounted', 'final'].map((name) => join(folder.path, name));
  for (const path of folders) mkdirSync(path);
  for (const name of ['server.properties', 'log4j2.yaml', 'tools-log4j2.yaml']) for (const path of [folders[0], folders[2]]) writeFileSync(join(path ?? '', name), '');

  const run = spawnSync(javaTools(process.env).java, ['-cp', brokerClassPath, 'kafka.docker.KafkaDockerWrapper', 'setup', ...['default', 'mounted', 'final'].flatMap((name) => [`--${name}-configs-dir`, join(folder.path, name)])], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], CLUSTER_ID: newClusterId(folder.path), ...asImageEnvironment(properties) },
  });

  expect(run.status, run.stderr).toBe(0);
  const sorted = (text: string): string[] => text.split('\n').filter(Boolean).sort();
  expect(sorted(readFileSync(join(folder.path, 'final', 'server.properties'), 'utf8'))).toEqual(sorted(renderProperties(properties)));
});
