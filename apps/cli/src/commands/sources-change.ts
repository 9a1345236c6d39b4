// SPDX-License-Identifier: Apache-2.0
import { manifestOf } from '@nervus/sources';
import { type Command, consoleOptions, textOption } from '../command.js';
import { ConsoleClient } from '../console-client.js';
import { usageFailure } from '../failure.js';
import { commandResult } from './command-result.js';
import { readOneSource } from './sources-read.js';

const reason = { value: 'TEXT', help: 'why; it is on record', required: true } as const;

/** Checks a manifest here, and has ingestion judge it against what stands. */
export const sourcesApply: Command = {
  name: 'sources apply',
  summary: 'Have a source stand as its manifest says, in every process of ingestion and without a restart',
  positionals: ['FILE'],
  options: { ...consoleOptions, reason, 'dry-run': { help: 'only say what would come of it' } },
  async run(given, context) {
    const source = readOneSource(context.folder, given.positionals[0] ?? '');
    const dryRun = given.options['dry-run'] === true;
    const result = await ConsoleClient.of(given, context).post('/api/sources', { manifest: manifestOf(source), dryRun, reason: textOption(given, 'reason') ?? '' }, { idempotencyKey: context.newId() });
    const told = commandResult(result, { source: source.name, dryRun });
    return dryRun ? { ...told, text: `dry run, nothing changed. Without it the answer would be: ${told.text}` } : told;
  },
};

const pauseOrResume = (verb: 'pause' | 'resume', summary: string): Command => ({
  name: `sources ${verb}`,
  summary,
  positionals: ['NAME'],
  options: { ...consoleOptions, reason },
  async run(given, context) {
    const name = given.positionals[0] ?? '';
    if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(name)) throw usageFailure(`"${name}" is no name of a source: "nervus sources list" shows them`);
    const result = await ConsoleClient.of(given, context).post(`/api/sources/${name}/${verb}`, { reason: textOption(given, 'reason') ?? '' }, { idempotencyKey: context.newId() });
    return commandResult(result, { source: name });
  },
});

export const sourcesPause = pauseOrResume('pause', 'Have a source take nothing: senders are told to come back, what it pulls waits');
export const sourcesResume = pauseOrResume('resume', 'Have a paused source go on');
