// SPDX-License-Identifier: Apache-2.0
import { type Static, Type } from 'typebox';

export const AuditConfig = Type.Object({
  logFolder: Type.String({ minLength: 1, description: 'folder of the log: journal, bundles, tiles, payloads, checkpoints; may be copied and given away, payloads apart' }),
  logKeyFolder: Type.String({ minLength: 1, description: 'folder of the log key, made at the very first start, and of the policy file for verifiers; outside of the log folder' }),
  logOrigin: Type.String({ default: 'log.nervus.local', pattern: '^[^\\s+]{1,200}$', description: 'name of the log, a URL without scheme; also the name of its key' }),
  appendEntries: Type.Integer({ default: 512, minimum: 1, maximum: 2000, description: 'entries in one append at most' }),
  appendLingerMs: Type.Integer({ default: 10, minimum: 0, maximum: 1000, description: 'milliseconds that an append waits for company' }),
  gapSeconds: Type.Integer({ default: 30, minimum: 1, maximum: 3600, description: 'seconds for which a number may be missing after all partitions were read to their end' }),
});
export type AuditConfig = Static<typeof AuditConfig>;
