// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { Admin } from '@nervus/messaging';
import { createKafkaJsClient } from '@nervus/messaging-kafkajs';
import { ConfigError, kafkaConnection } from '@nervus/service-kit/kafka-connection';
import { type Arguments, type Context, textOption } from './command.js';
import { exitCodes } from './exit-codes.js';
import { Failure } from './failure.js';
import { dataFolder } from './installation.js';

/** Options of every command that asks the brokers themselves. */
export const kafkaOptions = {
  brokers: { value: 'HOST:PORT,...', help: 'Kafka; else KAFKA_BROKERS, with KAFKA_SECURITY_PROTOCOL and so on as for services; else what is in .nervus/run/kafka.env' },
  prefix: { value: 'PREFIX', help: 'what stands before every topic name; else NERVUS_TOPIC_PREFIX' },
} as const;

export const prefixOf = (given: Arguments, context: Context): string => textOption(given, 'prefix') ?? context.environment['NERVUS_TOPIC_PREFIX'] ?? '';

/** Does something with an administrator's connection, and closes it. @throws Failure `kafka_unknown`, `kafka_misconfigured`, `kafka_unavailable` */
export async function withAdmin<T>(given: Arguments, context: Context, use: (admin: Admin) => Promise<T>): Promise<T> {
  const connection = connectionOf(given, context);
  const admin = await createKafkaJsClient({ ...connection, clientId: 'nervus-cli', log: () => undefined })
    .admin()
    .catch((cause: unknown) => {
      throw new Failure('kafka_unavailable', `no broker at ${connection.brokers.join(', ')} lets this in: ${cause instanceof Error ? cause.message : String(cause)}`, exitCodes.unavailable, {}, { cause });
    });
  try {
    return await use(admin);
  } finally {
    await admin.close();
  }
}

/** Where Kafka is and how to get in. @throws Failure `kafka_unknown`, `kafka_misconfigured` */
export function connectionOf(given: Arguments, context: Context): ReturnType<typeof kafkaConnection> {
  try {
    return kafkaConnection(variablesOf(textOption(given, 'brokers'), context));
  } catch (cause) {
    if (cause instanceof ConfigError) throw new Failure('kafka_misconfigured', cause.message, exitCodes.usage, {}, { cause });
    throw cause;
  }
}

/** The variables of whoever calls, or those that the local launcher left; never some of the one and some of the other. */
function variablesOf(brokers: string | undefined, context: Context): Readonly<Record<string, string | undefined>> {
  const { environment } = context;
  if (brokers !== undefined) return { ...environment, KAFKA_BROKERS: brokers };
  if (environment['KAFKA_BROKERS']) return environment;
  const data = dataFolder(context);
  const file = data && join(data, 'run', 'kafka.env');
  if (!file || !existsSync(file)) throw new Failure('kafka_unknown', 'it is not known where Kafka is: start Nervus with "npm start" here, or give --brokers HOST:PORT or KAFKA_BROKERS', exitCodes.unavailable);
  return parseEnv(readFileSync(file, 'utf8'));
}
