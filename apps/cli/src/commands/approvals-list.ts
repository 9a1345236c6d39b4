// SPDX-License-Identifier: Apache-2.0
import type { Page, RequestSummary } from '../api.js';
import { type Command, consoleOptions, textOption } from '../command.js';
import { ConsoleClient } from '../console-client.js';
import { exitCodes } from '../exit-codes.js';
import { usageFailure } from '../failure.js';
import { shortened } from '../printable.js';
import { duration, table } from '../table.js';

const states = ['open', 'permitted', 'refused', 'expired', 'superseded'];

/** Open questions to people, the most urgent first. */
export const approvalsList: Command = {
  name: 'approvals list',
  summary: 'List requests; open ones, the most urgent first, unless --state says otherwise',
  positionals: [],
  options: { ...consoleOptions, state: { value: 'STATE', help: `one of ${states.join(', ')}` }, cursor: { value: 'CURSOR', help: 'go on where the last page ended' } },
  async run(given, context) {
    const state = textOption(given, 'state') ?? 'open';
    if (!states.includes(state)) throw usageFailure(`there is no state "${state}": known are ${states.join(', ')}`);
    const cursor = textOption(given, 'cursor');
    const page = await ConsoleClient.of(given, context).get<Page<RequestSummary>>(`/api/requests?${new URLSearchParams({ state, ...(cursor === undefined ? {} : { cursor }) }).toString()}`);
    const rows = page.items.map((one) => [
      one.requestId, String(one.tier), one.state === 'open' ? duration(Date.parse(one.expiresAt) - context.now()) : one.state, `${one.approvals}/${one.quorum}`, one.agent, one.tool, `${one.flags > 0 ? '! ' : ''}${shortened(one.target, 50)}`, shortened(one.about, 60),
    ]);
    const list = rows.length > 0 ? table(['REQUEST', 'TIER', state === 'open' ? 'LEFT' : 'STATE', 'VOTES', 'AGENT', 'TOOL', 'TARGET', 'ABOUT'], rows) : `no request is ${state}`;
    const more = page.next === null ? '' : `\nmore: --cursor ${page.next}`;
    return { json: page, text: `${list}\n\nas of ${duration(page.ageMs)} ago${more}`, exitCode: exitCodes.ok };
  },
};
