// SPDX-License-Identifier: Apache-2.0
import type { Page, SourceSummary } from '../api.js';
import { type Command, consoleOptions } from '../command.js';
import { ConsoleClient } from '../console-client.js';
import { exitCodes } from '../exit-codes.js';
import { duration, table } from '../table.js';

/** The sources of the own tenant as they stand. */
export const sourcesList: Command = {
  name: 'sources list',
  summary: 'List the sources of events, who answers for them, and which are paused',
  positionals: [],
  options: consoleOptions,
  async run(given, context) {
    const page = await ConsoleClient.of(given, context).get<Page<SourceSummary>>('/api/sources');
    const rows = page.items.map(({ name, kind, owner, managedBy, paused, version, at, by }) => [name, kind, paused ? 'paused' : 'active', owner, managedBy, String(version), `${duration(context.now() - Date.parse(at))} ago by ${by}`]);
    const list = rows.length > 0 ? table(['SOURCE', 'KIND', 'STATE', 'OWNER', 'MANAGED BY', 'VERSION', 'CHANGED'], rows) : 'no source stands';
    return { json: page, text: `${list}\n\nas of ${duration(page.ageMs)} ago`, exitCode: exitCodes.ok };
  },
};
