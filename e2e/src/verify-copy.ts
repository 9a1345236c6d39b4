// SPDX-License-Identifier: Apache-2.0
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ReportedEffect, type Report, verifyFolder } from '@nervus/verifier';

/** Copies the audit log of an installation elsewhere and verifies the copy as a stranger would: keys and trust from outside of it. */
export async function verifyCopy(dataDir: string, effects: readonly ReportedEffect[]): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'nervus-audit-'));
  try {
    const log = join(folder, 'log');
    cpSync(join(dataDir, 'audit', 'log'), log, { recursive: true });
    return await verifyFolder({ log, policyFile: join(dataDir, 'audit', 'keys', 'log-policy'), trustFile: join(dataDir, 'trust', 'trust-bundle.json'), effects });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a report found, short enough for one line of a summary. */
export function whatWasFound({ violations, incomplete }: Report): string[] {
  return [...violations.map(({ rule, code, detail, indexes }) => `${rule} ${code} [${indexes.slice(0, 4).join(', ')}]: ${detail}`), ...incomplete.map(({ code, detail }) => `${code}: ${detail}`)].slice(0, 20);
}
