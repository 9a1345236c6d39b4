// SPDX-License-Identifier: Apache-2.0
import { createRequire } from 'node:module';

/** The one version of kafkajs whose inside the patches of this package were judged against. */
export const judgedVersion = '2.2.4';

const require = createRequire(import.meta.url);

/**
 * A module inside kafkajs, to be patched.
 * @throws Error when another version is installed: what a patch mends must be looked at again first.
 */
export function insideKafkaJs<T>(path: string, patch: string, version = (require('kafkajs/package.json') as { version: string }).version): T {
  if (version !== judgedVersion) {
    throw new Error(`kafkajs ${version} is installed, but ${patch} patches ${judgedVersion}: look whether the new version still needs it, then change or remove that file`);
  }
  return require(`kafkajs/src/${path}`) as T;
}

/** Puts something else in the place of what a module inside kafkajs exports: for whoever loads it from then on. */
export function replaceInsideKafkaJs<T>(path: string, patch: string, replacement: (original: T) => T): void {
  const original = insideKafkaJs<T>(path, patch);
  const module = require.cache[require.resolve(`kafkajs/src/${path}`)];
  if (module) module.exports = replacement(original);
}

/** True the first time it is asked for this object and patch. */
export function firstTime(target: object, patch: string): boolean {
  const mark = Symbol.for(`nervus.kafkajs.${patch}`);
  if (mark in target) return false;
  Object.defineProperty(target, mark, { value: true });
  return true;
}
