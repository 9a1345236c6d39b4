// SPDX-License-Identifier: Apache-2.0
import { UnavailableError } from '@nervus/messaging';
import type { mongo } from 'mongoose';

/**
 * The database of one service: `connection.db` of a mongoose connection. The driver's own calls are used on hot paths,
 * since mongoose costs twice the CPU there; the driver is the one that mongoose brings, so that there is only one.
 */
export type Database = mongo.Db;

/** The server's code for "another document has this key". The stand-in sends no `keyPattern`, so only the code decides. */
const duplicateKey = 11_000;

/** Why one operation of a bulk write failed. */
export interface FailedOperation {
  readonly code: number;
  readonly errmsg?: string;
}

/** What became of each operation of an unordered bulk write that threw; undefined when none of it is known. */
export function failedOperations(error: unknown): ReadonlyMap<number, FailedOperation> | undefined {
  if (!(error instanceof Error) || error.name !== 'MongoBulkWriteError' || !('writeErrors' in error)) return undefined;
  const errors = [error.writeErrors].flat() as (FailedOperation & { readonly index: number })[];
  // Without an error of a single operation it was the connection or the write concern: then nothing is known.
  return errors.length > 0 ? new Map(errors.map((each) => [each.index, each])) : undefined;
}

/** The operation lost a race: somebody else wrote that document first. */
export const lostRace = ({ code }: { readonly code: number }): boolean => code === duplicateKey;

export const isDuplicateKey = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === duplicateKey;

/** Errors of the client itself: what was to be written cannot be, however often it is tried. */
const ownFault = new Set(['BSONError', 'MongoInvalidArgumentError', 'MongoAPIError', 'RangeError', 'TypeError']);

/** The document itself cannot be stored: too large, or not expressible. */
export const isUnstorable = (error: unknown): boolean => error instanceof Error && (ownFault.has(error.name) || ('code' in error && (error.code === 10_334 || error.code === 17_280 || error.code === 17_419)));

/** The database is away or refuses for a while; whoever asked tries again. */
export function databaseError(error: unknown, doing: string): UnavailableError {
  return new UnavailableError('database_unavailable', `${doing} failed: ${error instanceof Error ? error.message : String(error)}. Is the database reachable?`, {}, { cause: error });
}
