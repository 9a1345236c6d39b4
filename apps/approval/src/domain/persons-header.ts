// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';
import { canonicalize } from '@nervus/trust';

/** Persons (`person:<id>`) who may not approve, by the role that bars them. */
export interface Barred {
  readonly owner: readonly string[];
  readonly editors: readonly string[];
  /** Whom the agent acts for. */
  readonly onBehalfOf: readonly string[];
}

export const isBarred = (barred: Barred, person: string): boolean => Object.values<readonly string[]>({ ...barred }).some((persons) => persons.includes(person));

/**
 * Signed header `ce_persons`, by which audit checks four eyes (R4) without knowing anybody: who approved, and by role
 * who must not have. Each entry is base64url(HMAC-SHA-256(salt of the request, `person:<id>`)), so entries compare
 * within one decision and with no other.
 *
 * @param salt 128 random bits of the request, base64url; it never leaves approval's database
 */
export function personsHeader(salt: string, approved: readonly string[], barred: Barred): string {
  const key = Buffer.from(salt, 'base64url');
  const masked = (persons: readonly string[]): string[] => persons.map((person) => createHmac('sha256', key).update(person).digest('base64url')).toSorted();
  return canonicalize({ approved: masked(approved), owner: masked(barred.owner), editors: masked(barred.editors), onBehalfOf: masked(barred.onBehalfOf) });
}
