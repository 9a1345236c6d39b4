// SPDX-License-Identifier: Apache-2.0
// A process that is a member of a consumer group, for tests that stop it, kill it or run it beside another client
// library. It says on stdout, one JSON document a line, what happens to it, and handles a record when stdin allows it.
import { createInterface } from 'node:readline';
import { Engine, type Lease, type InboundRecord, systemClock } from '@nervus/messaging';
import { createKafkaClient } from '@nervus/service-kit';
import type { MemberOptions, Said } from './member-process.js';

const options = JSON.parse(process.env['MEMBER_OPTIONS'] ?? '{}') as MemberOptions;
const say = (line: Said): void => void process.stdout.write(`${JSON.stringify({ ...line, at: Date.now() })}\n`);
const released = Promise.withResolvers<void>();
if (options.hold !== true) released.resolve();

const client = createKafkaClient({ kafkaBrokers: options.brokers.join(','), kafkaClient: options.kafkaClient, instance: options.instance ?? '' }, 'member', (level, message, details) => {
  if (level !== 'debug') process.stderr.write(`${message} ${JSON.stringify(details)}\n`);
});

/** Finishes its record also when the lease is gone: what it then commits must not count. */
async function handle(record: InboundRecord, lease: Lease): Promise<void> {
  const at = { partition: record.partition, offset: Number(record.offset) };
  say({ said: 'began', ...at });
  await released.promise;
  say({ said: lease.signal.aborted ? 'aborted' : 'handled', ...at, value: String(record.value) });
}

const engine = new Engine({
  client: {
    ...client,
    // The engine keeps to itself what it is told of partitions.
    consumer: async (wanted) => {
      const consumer = await client.consumer(wanted);
      return {
        run: (handlers) =>
          consumer.run({
            ...handlers,
            onRebalance: (leaving) => {
              say({ said: 'rebalance', ...(leaving && { leaving: leaving.map(({ partition }) => partition) }) });
              handlers.onRebalance(leaving);
            },
            onAssigned: (generation, partitions) => {
              handlers.onAssigned(generation, partitions);
              say({ said: 'assigned', partitions: partitions.map(({ partition }) => partition).toSorted((a, b) => a - b) });
            },
          }),
        commit: (requests) => consumer.commit(requests),
        pause: (partitions) => consumer.pause(partitions),
        resume: (partitions) => consumer.resume(partitions),
        close: () => {
          // From here on the group may give its partitions to others, long before the process is gone.
          say({ said: 'leaving' });
          return consumer.close();
        },
      };
    },
  },
  groupId: options.groupId,
  subscriptions: [{ topic: options.topic, from: 'beginning', handle: { record: handle } }],
  clock: systemClock,
  onFatal: (error) => {
    say({ said: 'fatal', reason: error.message });
    process.exit(1);
  },
});

const mayJoin = Promise.withResolvers<void>();
createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'join') mayJoin.resolve();
  if (line === 'release') released.resolve();
});
process.on('SIGTERM', () => {
  engine.close({ drainMs: 5_000 }).then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
say({ said: 'ready' });
await mayJoin.promise;
await engine.start();
say({ said: 'joined' });
