// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type IntelligenceProduced, type OutcomeRecorded, type Received, type RefusedRecord, Subscriber } from '@nervus/client/subscribe';
import { type Arguments, type Command, type Context, textOption } from '../command.js';
import { exitCodes } from '../exit-codes.js';
import { Failure, usageFailure } from '../failure.js';
import { dataFolder } from '../installation.js';
import { connectionOf, kafkaOptions, prefixOf } from '../kafka.js';
import { printable, shortened } from '../printable.js';

const topics = ['intelligence', 'outcomes', 'all'];

/** What became of the records that were looked at. */
interface Tally {
  shown: number;
  refused: number;
}

/** Shows what the mesh concludes and does, as a subscriber sees it: verified, and one line each. */
export const eventsTail: Command = {
  name: 'events tail',
  summary: 'Show intelligence and outcomes as they come, each verified; ends after --count of them',
  positionals: [],
  options: {
    ...kafkaOptions,
    topic: { value: 'TOPIC', help: `${topics.join(', ')}; else all` },
    from: { value: 'PLACE', help: 'beginning or end; else end' },
    tenant: { value: 'TENANT', help: 'events of one tenant only' },
    count: { value: 'N', help: 'how many to wait for; else it goes on until it is ended' },
    name: { value: 'NAME', help: 'the subscriber that the broker knows this as; else cli' },
    trust: { value: 'BUNDLE', help: 'trust-bundle.json of the installation; else the one that "npm start" keeps here' },
  },
  async run(given, context) {
    const topic = choice(given, 'topic', topics, 'all');
    const from = choice(given, 'from', ['beginning', 'end'], 'end') === 'beginning' ? 'beginning' : 'end';
    const count = textOption(given, 'count');
    if (count !== undefined && !/^[1-9]\d{0,6}$/.test(count)) throw usageFailure(`--count is ${JSON.stringify(count)}: write how many events to wait for`);
    const tally: Tally = { shown: 0, refused: 0 };
    const over = Promise.withResolvers<void>();
    const say = (json: object, text: string): void => context.emit?.(given.options['json'] === true ? JSON.stringify(json) : text);
    const show = (event: Received<unknown>, text: string): Promise<void> => {
      if (count === undefined || tally.shown < Number(count)) {
        tally.shown += 1;
        const { tenant, id, time, type, subject, data } = event;
        say({ tenant, id, time, type, ...(subject !== undefined && { subject }), data }, text);
      }
      if (tally.shown === Number(count)) over.resolve();
      return Promise.resolve();
    };
    const tenant = textOption(given, 'tenant');
    const subscriber = new Subscriber({
      name: textOption(given, 'name') ?? 'cli', ephemeral: true, from, kafka: connectionOf(given, context), topicPrefix: prefixOf(given, context), trustBundle: bundleOf(given, context),
      ...(tenant !== undefined && { tenant }),
      ...(topic !== 'outcomes' && { intelligence: (event: Received<IntelligenceProduced>) => show(event, conclusionLine(event)) }),
      ...(topic !== 'intelligence' && { outcome: (event: Received<OutcomeRecorded>) => show(event, outcomeLine(event)) }),
      onRefused: (record) => {
        tally.refused += 1;
        say(refusalOf(record), refusalLine(record));
      },
      onFatal: (error) => over.reject(new Failure('kafka_unavailable', `nothing is read any more: ${error.message}`, exitCodes.unavailable, {}, { cause: error })),
    });
    try {
      await subscriber.start();
      await over.promise;
    } finally {
      await subscriber.close({ drainMs: 1_000 });
    }
    return { json: tally, text: `${tally.shown} events${tally.refused > 0 ? `, ${tally.refused} records refused` : ''}`, exitCode: tally.refused > 0 ? exitCodes.no : exitCodes.ok };
  },
};

function choice(given: Arguments, name: string, known: readonly string[], otherwise: string): string {
  const chosen = textOption(given, name) ?? otherwise;
  if (!known.includes(chosen)) throw usageFailure(`--${name} is ${JSON.stringify(chosen)}: known are ${known.join(', ')}`);
  return chosen;
}

function bundleOf(given: Arguments, context: Context): string {
  const named = textOption(given, 'trust');
  const data = dataFolder(context);
  const file = named === undefined ? data && join(data, 'trust', 'trust-bundle.json') : resolve(context.folder, named);
  if (!file || !existsSync(file)) throw new Failure('trust_unknown', `${file ?? 'a trust bundle'} is not there: run this where "npm start" keeps its .nervus folder, or give --trust trust-bundle.json`, exitCodes.noInput);
  return readFileSync(file, 'utf8');
}

const conclusionLine = ({ time, data: { kind, severity, agent, subject, title } }: Received<IntelligenceProduced>): string => `${time}  ${kind.padEnd(12)}  severity ${String(severity).padStart(3)}  ${printable(agent.name)}  ${printable(shortened(subject, 40))}  ${printable(shortened(title, 100))}`;
const outcomeLine = ({ time, data: { result, code, tool, operation, target, tier } }: Received<OutcomeRecorded>): string => `${time}  ${result.padEnd(12)}  tier ${tier}  ${printable(tool)}.${printable(operation)}  ${printable(shortened(target, 60))}  ${printable(code)}`;
const refusalLine = ({ topic, partition, offset, code, detail }: RefusedRecord): string => `refused: ${printable(topic)} ${partition}/${offset}: ${printable(code)}: ${printable(shortened(detail, 200))}`;
const refusalOf = ({ topic, partition, offset, code, detail }: RefusedRecord): object => ({ refused: { topic, partition, offset: String(offset), code, detail } });
