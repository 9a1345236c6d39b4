// SPDX-License-Identifier: Apache-2.0
import { Problem } from './problem.js';

/** Where a page of a list ended: lists are sorted by `sort`, then by id. */
export interface Cursor {
  readonly sort: number;
  readonly id: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Cursor of the next page; null at the end. */
  readonly next: string | null;
}

export const defaultLimit = 50;
const maxLimit = 200;

export const encodeCursor = ({ sort, id }: Cursor): string => Buffer.from(JSON.stringify([sort, id])).toString('base64url');

/** @throws Problem 400 `cursor_invalid` */
export function decodeCursor(text: string): Cursor {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (Array.isArray(value) && value.length === 2 && Number.isSafeInteger(value[0]) && typeof value[1] === 'string') return { sort: Number(value[0]), id: value[1] };
  } catch {
    // Told below: whatever it was, it is no cursor.
  }
  throw new Problem(400, 'cursor_invalid', 'This is no cursor of a list: begin again without one.');
}

/** @throws Problem 400 `limit_invalid` */
export function parseLimit(text: string | undefined): number {
  if (text === undefined) return defaultLimit;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > maxLimit) throw new Problem(400, 'limit_invalid', `A page has 1 to ${maxLimit} entries.`);
  return limit;
}

/** Cuts what was read, which is one more than the page holds when there is another. */
export function pageOf<R extends Cursor, T>(rows: readonly R[], limit: number, show: (row: R) => T): Page<T> {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { items: rows.slice(0, limit).map(show), next: last ? encodeCursor(last) : null };
}
