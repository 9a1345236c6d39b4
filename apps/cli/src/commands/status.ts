// SPDX-License-Identifier: Apache-2.0
import type { Page, StatusAnswer, Stop } from '../api.js';
import { type Command, consoleOptions } from '../command.js';
import { ConsoleClient } from '../console-client.js';
import { exitCodes } from '../exit-codes.js';
import { printable } from '../printable.js';
import { duration, fields, table } from '../table.js';

/** How the mesh is, as the console knows it. */
export const status: Command = {
  name: 'status',
  summary: 'Show processes, stops, and what waits for people',
  positionals: [],
  options: consoleOptions,
  async run(given, context) {
    const client = ConsoleClient.of(given, context);
    const [found, stops] = await Promise.all([client.get<StatusAnswer>('/api/status'), client.get<Page<Stop>>('/api/stops')]);
    const now = context.now();
    const processes = found.services.flatMap(({ service, processes: all }) => (all.length === 0 ? [[service, 'never seen', '', '', '']] : all.map((one) => [service, one.state, duration(now - Date.parse(one.at)), String(one.stopEpoch), one.epoch])));
    const active = stops.items.filter((stop) => stop.active);
    const parts = [
      table(['SERVICE', 'STATE', 'LAST SEEN', 'STOPS', 'PROCESS'], processes),
      active.length > 0 ? `Active stops\n${table(['STOP', 'SCOPE', 'EPOCH', 'BY', 'REASON'], active.map(({ stopId, scope, epoch, by, reason }) => [stopId, scope.name === undefined ? scope.kind : `${scope.kind}=${scope.name}`, String(epoch), by.join(', '), reason]))}` : '',
      fields([
        ['open requests', String(found.openRequests)],
        ['dead letters', String(found.deadLetters)],
        ['open findings', String(found.openFindings)],
        ['stops', found.stops.active === 0 ? 'none' : `${found.stops.active} active, epoch ${found.stops.epoch}`],
        ['approval', found.pulse ? `policy set ${found.pulse.policyVersion}, last pulse ${duration(found.pulse.ageMs)} ago` : 'no pulse seen'],
        ['as of', `${duration(found.ageMs)} ago (${printable(found.asOf)})`],
      ]),
    ];
    return { json: { ...found, activeStops: active }, text: parts.filter((part) => part !== '').join('\n\n'), exitCode: exitCodes.ok };
  },
};
