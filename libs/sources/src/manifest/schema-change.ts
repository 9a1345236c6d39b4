// SPDX-License-Identifier: Apache-2.0
import { narrowings } from '@nervus/contracts';
import type { EventSchema } from './event-schema.js';

/**
 * What speaks against replacing the schema of a source's events, a sentence each: publishers that were right yesterday
 * must be right tomorrow, unless the owner says that they need not (`compatibility: none`).
 */
export function schemaChangeFaults(before: EventSchema | undefined, now: EventSchema | undefined): readonly string[] {
  if (before === undefined || now === undefined || JSON.stringify(before) === JSON.stringify(now)) return [];
  const changed = JSON.stringify(before.json) !== JSON.stringify(now.json);
  if (now.version < before.version) return [`version ${before.version} of the schema stands: ${now.version} is older`];
  if (changed && now.version === before.version) return [`the schema changed, but its version ${now.version} did not: set version ${before.version + 1}`];
  if (!changed || now.compatibility === 'none') return [];
  return narrowings(before.json, now.json).map((what) => `${what}, so events that fitted version ${before.version} no longer would`);
}
