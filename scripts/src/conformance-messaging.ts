// SPDX-License-Identifier: Apache-2.0
// `npm run conformance:messaging`: the suite that every Kafka adapter must pass, on brokers of its own, for each adapter.
import { type AdapterName, declaredFeatures, type MessagingFeature } from '@nervus/testing/features';
import { runSuites } from './run-suites.js';

const names = ['kafkajs', 'platformatic', 'memory'] as const satisfies readonly AdapterName[];

const { counts, ok } = await runSuites<AdapterName>({
  kafkajs: ['libs/messaging-kafkajs/test/conformance.test.ts'],
  platformatic: ['libs/messaging-platformatic/test/conformance.test.ts'],
  memory: ['libs/testing/src/messaging-memory.test.ts'],
});

/** Why something was skipped, other than that the adapter does not declare it: no Java, for example. */
function skippedBy(name: AdapterName): { readonly skipped?: readonly string[] } {
  const skipped = counts[name].skipped.filter((reason) => !reason.startsWith(`${name} does not support `));
  return skipped.length > 0 ? { skipped } : {};
}
const unsupportedBy = (name: AdapterName): MessagingFeature[] => (Object.keys(declaredFeatures[name]) as MessagingFeature[]).filter((feature) => declaredFeatures[name][feature] !== true);

const adapters = Object.fromEntries(names.map((name) => [name, { passed: counts[name].passed, failed: counts[name].failed, unsupported: unsupportedBy(name), ...skippedBy(name) }]));
console.log(JSON.stringify({ ok, adapters }));
process.exit(ok ? 0 : 1);
