// SPDX-License-Identifier: Apache-2.0
import { lagOf } from '@nervus/messaging';
import type { Command } from '../command.js';
import { exitCodes } from '../exit-codes.js';
import { kafkaOptions, prefixOf, withAdmin } from '../kafka.js';
import { table } from '../table.js';

/** How far every service is behind, asked of the brokers: it works when the services do not. */
export const lag: Command = {
  name: 'lag',
  summary: 'Show how many records each service has not finished, by topic',
  positionals: [],
  options: { ...kafkaOptions, all: { help: 'also topics in which nothing waits' } },
  run: (given, context) =>
    withAdmin(given, context, async (admin) => {
      const partitions = await lagOf(admin, prefixOf(given, context));
      const topics = [...Map.groupBy(partitions, ({ service, topic }) => `${service} ${topic}`).values()].map((own) => ({
        service: own[0]!.service, topic: own[0]!.topic, records: Number(own.reduce((sum, { records }) => sum + records, 0n)), worst: own.toSorted((a, b) => Number(b.records - a.records))[0]!,
      }));
      const behind = topics.filter(({ records }) => records > 0 || given.options['all'] === true).toSorted((a, b) => b.records - a.records);
      const total = topics.reduce((sum, { records }) => sum + records, 0);
      const list = table(['SERVICE', 'TOPIC', 'RECORDS', 'MOST IN'], behind.map(({ service, topic, records, worst }) => [service, topic, String(records), `partition ${worst.partition}, at ${worst.committed ?? 'none'} of ${worst.end}`]));
      return {
        json: { records: total, topics: behind.map(({ service, topic, records }) => ({ service, topic, records, partitions: partitions.filter((one) => one.service === service && one.topic === topic).map(({ partition, committed, end, records: own }) => ({ partition, committed: committed === undefined ? null : String(committed), end: String(end), records: Number(own) })) })) },
        text: behind.length === 0 ? 'every service has finished all that was written' : list,
        exitCode: exitCodes.ok,
      };
    }),
};
