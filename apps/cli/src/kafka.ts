// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { existsSync, readFileSync } from 'node:fs';
import type { Admin } from '@nervus/messaging';
import { createKafkaJsClient } from '@nervus/messaging-kafkajs';
import { type Arguments, type Context, textOption } from './command.js';
import { exitCodes } from './exit-codes.js';
import { Failure } from './failure.js';
import { dataFolder } from './installation.js';

/** Options of every command that asks the brokers themselves. */
export const kafkaOptions = {
  brokers: { value: 'HOST:PORT,...', help: 'Kafka; else KAFKA_BROKERS, else .nervus/run/kafka.brokers' },
  prefix: { value: 'PREFIX', help: 'what stands before every topic name; else NERVUS_TOPIC_PREFIX' },
} as const;

export const prefixOf = (given: Arguments, context: Context): string => textOption(given, 'prefix') ?? context.environment['NERVUS_TOPIC_PREFIX'] ?? '';

/** Does something with an administrator's connection, and closes it. @throws Failure `kafka_unknown`, `kafka_unavailable` */
export async function withAdmin<T>(given: Arguments, context: Context, use: (admin: Admin) => Promise<T>): Promise<T> {
  const brokers = brokersOf(given, context);
  const admin = await createKafkaJsClient({ brokers, clientId: 'nervus-cli', log: () => undefined })
    .admin()
    .catch((cause: unknown) => {
      throw new Failure('kafka_unavailable', `no broker at ${brokers.join(', ')} lets this in: ${cause instanceof Error ? cause.message : String(cause)}`, exitCodes.unavailable, {}, { cause });
    });
  try {
    return await use(admin);
  } finally {
    await admin.close();
  }
}

function brokersOf(given: Arguments, context: Context): string[] {
  const data = dataFolder(context);
  const file = data && join(data, 'run', 'kafka.brokers');
  const text = textOption(given, 'brokers') ?? context.environment['KAFKA_BROKERS'] ?? (file && existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined);
  if (!text) throw new Failure('kafka_unknown', 'it is not known where Kafka is: start Nervus with "npm start" here, or give --brokers HOST:PORT or KAFKA_BROKERS', exitCodes.unavailable);
  return text.split(',');
}
