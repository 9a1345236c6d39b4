// SPDX-License-Identifier: Apache-2.0
import { type logCreator, logLevel } from 'kafkajs';

/** Where the client tells what happens to its connections. */
export type KafkaLog = (level: 'debug' | 'info' | 'warn' | 'error', message: string, details: Readonly<Record<string, unknown>>) => void;

/**
 * One level lower than kafkajs says: it logs as errors what it then retries by itself. What it cannot mend reaches us
 * as a rejection or a crash and is told there.
 */
const levels: Readonly<Record<number, 'debug' | 'info' | 'warn'>> = { [logLevel.ERROR]: 'warn', [logLevel.WARN]: 'info', [logLevel.INFO]: 'debug', [logLevel.DEBUG]: 'debug' };

/** Warned about although {@link KafkaJsProducer} has the answer to it: it never sends other records under the same numbers. */
const limitedRetries = 'Limiting retries for the idempotent producer may invalidate EoS guarantees';

export const kafkaJsLog =
  (log: KafkaLog): logCreator =>
  () =>
  ({ namespace, level, log: { message, timestamp: _timestamp, ...details } }) => {
    if (message === limitedRetries) return;
    log(levels[level] ?? 'debug', `kafkajs ${namespace}: ${message}`, details);
  };
