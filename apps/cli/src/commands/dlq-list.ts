// SPDX-License-Identifier: Apache-2.0
import type { DeadLetter, Page } from '../api.js';
import { type Command, consoleOptions, textOption } from '../command.js';
import { ConsoleClient } from '../console-client.js';
import { exitCodes } from '../exit-codes.js';
import { shortened } from '../printable.js';
import { duration, table } from '../table.js';

/** Records that a service could not handle. */
export const dlqList: Command = {
  name: 'dlq list',
  summary: 'List records that services gave up, the newest first',
  positionals: [],
  options: { ...consoleOptions, handled: { help: 'those that were redriven or discarded' }, cursor: { value: 'CURSOR', help: 'go on where the last page ended' } },
  async run(given, context) {
    const cursor = textOption(given, 'cursor');
    const page = await ConsoleClient.of(given, context).get<Page<DeadLetter>>(`/api/dead-letters?${new URLSearchParams({ state: given.options['handled'] === true ? 'handled' : 'open', ...(cursor === undefined ? {} : { cursor }) }).toString()}`);
    const rows = page.items.map((one) => [one.service, `${one.partition}/${one.offset}`, duration(context.now() - Date.parse(one.at)), one.originTopic, one.type, one.code, String(one.attempts), String(one.bytes), shortened(one.message, 80)]);
    const list = rows.length > 0 ? table(['SERVICE', 'AT', 'AGE', 'TOPIC', 'TYPE', 'CODE', 'TRIES', 'BYTES', 'MESSAGE'], rows) : 'there are no dead letters';
    return { json: page, text: `${list}\n\nas of ${duration(page.ageMs)} ago${page.next === null ? '' : `\nmore: --cursor ${page.next}`}`, exitCode: exitCodes.ok };
  },
};
