// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { exitCodes as verdictCodes, type ReportedEffect, reportText, verifyFolder } from '@nervus/verifier';
import { type Command, textOption } from '../command.js';
import { exitCodes, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';

/** Verifies a copy of the audit log with no network: what is believed comes from the files that are named here. */
export const auditVerify: Command = {
  name: 'audit verify',
  summary: 'Verify a copied audit log offline: VERIFIED (0), VIOLATION (1) or INCOMPLETE (2)',
  positionals: [],
  options: {
    log: { value: 'DIR', help: 'folder of the log', required: true },
    trust: { value: 'BUNDLE', help: 'trust-bundle.json of the installation, from outside of that folder', required: true },
    policy: { value: 'FILE', help: 'key of the log (C2SP tlog-policy); else log-policy beside the trust bundle' },
    checkpoint: { value: 'FILE', help: 'a checkpoint kept elsewhere: shows that the copy was cut off or rewritten' },
    effects: { value: 'FILE', help: 'what targets report: NDJSON lines or a JSON list with an idempotencyKey each' },
  },
  async run(given, { folder }) {
    const path = (name: string): string | undefined => {
      const value = textOption(given, name);
      return value === undefined ? undefined : resolve(folder, value);
    };
    const log = path('log') ?? '';
    if (!existsSync(join(log, 'checkpoint')) && existsSync(join(log, 'log', 'checkpoint'))) throw new Failure('log_folder', `${log} is not the folder of the log itself: give --log ${join(log, 'log')}`, exitCodes.noInput);
    const trustFile = path('trust') ?? '';
    const beside = join(dirname(trustFile), 'log-policy');
    const policyFile = path('policy') ?? (existsSync(beside) ? beside : undefined);
    const effectsFile = path('effects');
    const effects = effectsFile === undefined ? undefined : readEffects(effectsFile);
    try {
      const report = await verifyFolder({ log, trustFile, policyFile, checkpointFile: path('checkpoint'), effects });
      return { json: report, text: reportText(report).trimEnd(), exitCode: verdictCodes[report.verdict] as ExitCode };
    } catch (cause) {
      if (!(cause instanceof Error) || !('code' in cause) || !('path' in cause)) throw cause;
      throw new Failure('file_unreadable', `${String(cause.path)} cannot be read (${String(cause.code)}): --log names a folder, --trust, --policy and --checkpoint name files`, exitCodes.noInput, {}, { cause });
    }
  },
};

/** @throws Failure `file_unreadable`, `effects_malformed` */
function readEffects(file: string): ReportedEffect[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Failure('file_unreadable', `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, exitCodes.noInput, {}, { cause });
  }
  const lines = text.trimStart().startsWith('[') ? listOf(file, text) : text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [parse(file, line, index + 1)]));
  return lines.map((line, index) => {
    if (typeof line === 'object' && line !== null && 'idempotencyKey' in line && typeof line.idempotencyKey === 'string') return { idempotencyKey: line.idempotencyKey };
    throw new Failure('effects_malformed', `${file}: effect ${index + 1} has no idempotencyKey`, exitCodes.noInput);
  });
}

function listOf(file: string, text: string): unknown[] {
  const value = parse(file, text, 1);
  return Array.isArray(value) ? value : [value];
}

function parse(file: string, text: string, line: number): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Failure('effects_malformed', `${file}:${line} is no JSON: write one object with an idempotencyKey per line`, exitCodes.noInput, {}, { cause });
  }
}
