// SPDX-License-Identifier: Apache-2.0
import { readFile, realpath } from 'node:fs/promises';
import { isAbsolute, relative } from 'node:path';
import { FormatError, type LogPolicy, parsePolicy } from '@nervus/transparency-log';
import { JsonError, parseTrustBundle, type TrustBundle, VerificationError } from '@nervus/trust';
import { LogFolder } from '../log/log-reader.js';
import type { Report, Shortfall } from './report.js';
import { type ReportedEffect, verifyLog } from './verify-log.js';

/** A copied log and the files that it is held to. */
export interface VerifyFolderOptions {
  /** Folder of the log. */
  readonly log: string;
  /** Policy file with the log's key (c2sp.org/tlog-policy). */
  readonly policyFile?: string | undefined;
  /** `trust-bundle.json` of the installation. */
  readonly trustFile?: string | undefined;
  /** A checkpoint of this log kept elsewhere. */
  readonly checkpointFile?: string | undefined;
  readonly effects?: readonly ReportedEffect[] | undefined;
}

/**
 * Verifies a log in a folder, without network. Policy and trust bundle must lie outside of the folder: what comes with
 * the log cannot vouch for it, so that such files are not used and the verdict is INCOMPLETE.
 * @throws the error of the file system when one of the named files cannot be read
 */
export async function verifyFolder(options: VerifyFolderOptions): Promise<Report> {
  const folder = await realpath(options.log);
  const shortfalls: Shortfall[] = [];
  const outside = async (what: string, file: string | undefined): Promise<Buffer | undefined> => {
    if (file === undefined) return undefined;
    const path = await realpath(file);
    if (!isInside(folder, path)) return readFile(path);
    shortfalls.push({ code: `${what}_inside_log`, indexes: [], detail: `The ${what} ${file} lies inside the folder that is verified: it proves nothing there. Give one from a place that you trust.` });
    return undefined;
  };
  const read = <T>(what: string, bytes: Buffer | undefined, parse: (bytes: Buffer) => T): T | undefined => {
    try {
      return bytes && parse(bytes);
    } catch (error) {
      if (!(error instanceof FormatError || error instanceof VerificationError || error instanceof JsonError)) throw error;
      shortfalls.push({ code: `${what}_malformed`, indexes: [], detail: `${error.message}.` });
      return undefined;
    }
  };
  const policy: LogPolicy | undefined = read('policy', await outside('policy', options.policyFile), parsePolicy);
  const trust: TrustBundle | undefined = read('trust', await outside('trust', options.trustFile), (bytes) => parseTrustBundle(bytes));
  const keptCheckpoint = await outside('checkpoint', options.checkpointFile);
  return verifyLog({ reader: new LogFolder(folder), policy, trust, shortfalls, ...(keptCheckpoint && { keptCheckpoint }), ...(options.effects && { effects: options.effects }) });
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (!way.startsWith('..') && !isAbsolute(way));
}
