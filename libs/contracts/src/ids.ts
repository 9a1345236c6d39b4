// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto';
import { parse, v5, v7 } from 'uuid';

/** Namespace of every name-based id of Nervus (RFC 9562 section 5.5). */
const namespace = Buffer.from(parse(v5('nervus.dev', v5.DNS)));

/**
 * Id derived from its parts (UUIDv5), so that doing the same work again yields the same id. Parts are length-prefixed:
 * no two different lists of parts make the same name.
 */
export function derivedId(...parts: readonly string[]): string {
  let name = '';
  for (const part of parts) name += `${part.length}:${part}`;
  return nameBasedId(name);
}

/** UUIDv5 in the namespace of Nervus (RFC 9562 section 5.5): `v5` of uuid in a fifth of its time, since every record makes some. */
export function nameBasedId(name: string): string {
  const digest = hash('sha1', Buffer.concat([namespace, Buffer.from(name)]), 'hex');
  const variant = (8 + (Number.parseInt(digest.charAt(16), 16) & 3)).toString(16);
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-${variant}${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
}

/** Id of what follows from a record: UUIDv5 of the cause's id and the purpose. */
export const followingId = (causeId: string, purpose: string): string => derivedId('event', causeId, purpose);

/** Id of the run that one trigger starts, the same across redeliveries and versions of the agent. */
export const runIdOf = (tenant: string, agentName: string, triggerId: string): string => derivedId('run', tenant, agentName, triggerId);

/** Id of the n-th action that a run proposes under one task path. */
export const actionIdOf = (runId: string, taskPath: string, attempt: number): string => derivedId('action', runId, taskPath, String(attempt));

/** Time-ordered id (UUIDv7) for roots only: commands, heartbeats, signals without an event id, epochs. */
export const rootId = (nowMs: number): string => v7({ msecs: nowMs });
