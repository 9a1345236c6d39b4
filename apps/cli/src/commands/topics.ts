// SPDX-License-Identifier: Apache-2.0
import { allTopics, physicalName } from '@nervus/contracts';
import { type Admin, planTopics, type TopicChange } from '@nervus/messaging';
import { type Arguments, type Command, type Context, type Result, textOption } from '../command.js';
import { exitCodes } from '../exit-codes.js';
import { Failure, usageFailure } from '../failure.js';
import { kafkaOptions, prefixOf, withAdmin } from '../kafka.js';
import { table } from '../table.js';

/** Whether the topics on the brokers are as declared. */
export const topicsCheck: Command = {
  name: 'topics check',
  summary: 'Say whether every topic is as declared; exit code 1 when one is not',
  positionals: [],
  options: kafkaOptions,
  run: (given, context) =>
    withAdmin(given, context, async (admin) => {
      const changes = await planOf(admin, given, context);
      return { json: shown(changes), text: changes.length === 0 ? `all ${allTopics.length} topics are as declared` : planned(changes), exitCode: changes.length === 0 ? exitCodes.ok : exitCodes.no };
    }),
};

/** What "topics apply" would do. */
export const topicsPlan: Command = {
  name: 'topics plan',
  summary: 'Say what "topics apply" would create and change',
  positionals: [],
  options: kafkaOptions,
  run: (given, context) =>
    withAdmin(given, context, async (admin) => {
      const changes = await planOf(admin, given, context);
      return { json: shown(changes), text: changes.length === 0 ? 'nothing to do' : planned(changes), exitCode: exitCodes.ok };
    }),
};

/** Makes the topics as declared. Nothing is ever deleted. */
export const topicsApply: Command = {
  name: 'topics apply',
  summary: 'Create and change topics until they are as declared; nothing is deleted',
  positionals: [],
  options: {
    ...kafkaOptions,
    replication: { value: 'N', help: 'replicas of new topics (default 3)' },
    'min-in-sync': { value: 'N', help: 'replicas that must have a record before it counts (default 2)' },
    grow: { help: 'also add partitions: records of one key written before and after are then not in order' },
  },
  async run(given, context): Promise<Result> {
    const replication = { factor: count(given, 'replication', 3), minInSync: count(given, 'min-in-sync', 2) };
    return withAdmin(given, context, async (admin) => {
      const changes = await planOf(admin, given, context);
      const done = changes.filter(({ kind }) => kind !== 'grow' || given.options['grow'] === true);
      const created = done.filter(({ kind }) => kind === 'create').map(({ to }) => to);
      try {
        if (created.length > 0) await admin.createTopics(created, replication);
        const altered = done.filter(({ kind }) => kind !== 'create').map(({ to }) => to);
        if (altered.length > 0) await admin.alterTopics(altered);
      } catch (cause) {
        throw new Failure('topics_not_applied', `the brokers refused: ${cause instanceof Error ? cause.message : String(cause)}. With fewer than ${replication.factor} brokers give --replication and --min-in-sync`, exitCodes.no, {}, { cause });
      }
      const left = changes.filter((change) => !done.includes(change));
      const text = [done.length === 0 ? 'nothing was changed' : `${done.length} changes were made\n${listOf(done)}`, left.length === 0 ? '' : `not done without --grow\n${listOf(left)}`];
      return { json: { ...shown(done), notDone: shown(left).changes }, text: text.filter((part) => part !== '').join('\n\n'), exitCode: left.length === 0 ? exitCodes.ok : exitCodes.no };
    });
  },
};

async function planOf(admin: Admin, given: Arguments, context: Context): Promise<TopicChange[]> {
  const prefix = prefixOf(given, context);
  return planTopics(await admin.describeTopics(allTopics.map((declaration) => physicalName(declaration, prefix))), prefix);
}

function count(given: Arguments, name: string, otherwise: number): number {
  const text = textOption(given, name);
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d?$/.test(text)) throw usageFailure(`--${name} is "${text}": expected a number from 1 to 99`);
  return Number(text);
}

const shown = (changes: readonly TopicChange[]) => ({ changes: changes.map(({ topic, kind, detail }) => ({ topic, kind, detail })) });
const listOf = (changes: readonly TopicChange[]): string => table(['TO DO', 'TOPIC', 'HOW'], changes.map(({ kind, topic, detail }) => [kind, topic, detail]));

/** Of what is to be done. Brokers do not tell a topic that is not there from one that may not be described. */
const planned = (changes: readonly TopicChange[]): string => listOf(changes) + (changes.some(({ kind }) => kind === 'create') ? '\n\nWhere brokers have access rules, what this user may not see counts as missing.' : '');
