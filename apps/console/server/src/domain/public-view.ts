// SPDX-License-Identifier: Apache-2.0
import type { RequestRow } from './request-row.js';

/** A row as the API shows it: without what only the store needs. */
export function publicRow({ tenant: _tenant, sort: _sort, at, ...row }: RequestRow): Readonly<Record<string, unknown>> {
  return { ...row, changedAt: new Date(at).toISOString() };
}
