// SPDX-License-Identifier: Apache-2.0
// `npm run conformance:messaging`: the suite that every Kafka adapter must pass, on brokers of its own, for each adapter.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AdapterName, declaredFeatures, type MessagingFeature } from '@nervus/testing/features';
import { type Reporter, startVitest, type TestModule } from 'vitest/node';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const suites: Readonly<Record<AdapterName, string>> = {
  kafkajs: 'libs/messaging-kafkajs/test/conformance.test.ts',
  platformatic: 'libs/messaging-platformatic/test/conformance.test.ts',
  memory: 'libs/testing/src/messaging-memory.test.ts',
};
const names = Object.keys(suites) as AdapterName[];

/** Counts by adapter, as Vitest reports it. */
class Counts implements Reporter {
  readonly passed: Record<AdapterName, number> = { kafkajs: 0, platformatic: 0, memory: 0 };
  readonly failed: Record<AdapterName, number> = { kafkajs: 0, platformatic: 0, memory: 0 };
  /** Why something was skipped, other than that the adapter does not declare it: no Java, for example. */
  readonly skipped: Record<AdapterName, Set<string>> = { kafkajs: new Set(), platformatic: new Set(), memory: new Set() };
  /** Errors that belong to no test. */
  stray = 0;

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    this.stray += errors.length;
    for (const module of modules) {
      const name = names.find((one) => module.relativeModuleId === suites[one]);
      if (!name) this.stray += 1;
      else this.count(name, module);
    }
  }

  private skip(name: AdapterName, reason: string): void {
    if (!reason.startsWith(`${name} does not support `)) this.skipped[name].add(reason);
  }

  private count(name: AdapterName, module: TestModule): void {
    this.failed[name] += module.errors().length;
    for (const test of module.children.allTests()) {
      const result = test.result();
      if (result.state === 'passed') this.passed[name] += 1;
      else if (result.state === 'failed') this.failed[name] += 1;
      else this.skip(name, (result.state === 'skipped' ? result.note : undefined) ?? test.fullName);
    }
  }
}

const skippedBy = (name: AdapterName): { readonly skipped?: readonly string[] } => (counts.skipped[name].size > 0 ? { skipped: [...counts.skipped[name]] } : {});
const unsupportedBy = (name: AdapterName): MessagingFeature[] => (Object.keys(declaredFeatures[name]) as MessagingFeature[]).filter((feature) => declaredFeatures[name][feature] !== true);

const counts = new Counts();
const vitest = await startVitest('test', Object.values(suites), { root, watch: false, reporters: ['default', counts] });
await vitest.close();
const adapters = Object.fromEntries(names.map((name) => [name, { passed: counts.passed[name], failed: counts.failed[name], unsupported: unsupportedBy(name), ...skippedBy(name) }]));
const ok = counts.stray === 0 && names.every((name) => counts.failed[name] === 0 && counts.passed[name] > 0);
console.log(JSON.stringify({ ok, adapters }));
process.exit(ok ? 0 : 1);
