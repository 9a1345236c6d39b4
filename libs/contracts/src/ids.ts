// SPDX-License-Identifier: Apache-2.0
import { v5, v7 } from 'uuid';

/** Namespace of every name-based id of Nervus (RFC 9562 section 5.5). */
const namespace = v5('nervus.dev', v5.DNS);

/**
 * Id derived from its parts (UUIDv5), so that doing the same work again yields the same id. Parts are length-prefixed:
 * no two different lists of parts make the same name.
 */
export function derivedId(...parts: readonly string[]): string {
  return v5(parts.map((part) => `${part.length}:${part}`).join(''), namespace);
}

/** Id of what follows from a record: UUIDv5 of the cause's id and the purpose. */
export const followingId = (causeId: string, purpose: string): string => derivedId('event', causeId, purpose);

/** Id of the run that one trigger starts, the same across redeliveries and versions of the agent. */
export const runIdOf = (tenant: string, agentName: string, triggerId: string): string => derivedId('run', tenant, agentName, triggerId);

/** Id of the n-th action that a run proposes under one task path. */
export const actionIdOf = (runId: string, taskPath: string, attempt: number): string => derivedId('action', runId, taskPath, String(attempt));

/** Time-ordered id (UUIDv7) for roots only: commands, heartbeats, signals without an event id, epochs. */
export const rootId = (nowMs: number): string => v7({ msecs: nowMs });
