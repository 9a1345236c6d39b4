// SPDX-License-Identifier: Apache-2.0
import { type KafkaLog, withoutRepetition } from '@nervus/messaging/adapter';
import { type logCreator, logLevel } from 'kafkajs';

/**
 * One level lower than kafkajs says: it logs as errors what it then retries by itself. What it cannot mend reaches us
 * as a rejection or a crash and is told there.
 */
const levels: Readonly<Record<number, 'debug' | 'info' | 'warn'>> = { [logLevel.ERROR]: 'warn', [logLevel.WARN]: 'info', [logLevel.INFO]: 'debug', [logLevel.DEBUG]: 'debug' };

/** Warned about although our producer has the answer to it: it never sends other records under the same numbers. */
const limitedRetries = 'Limiting retries for the idempotent producer may invalidate EoS guarantees';

export function kafkaJsLog(log: KafkaLog): logCreator {
  const tell = withoutRepetition(log);
  return () =>
    ({ namespace, level, log: { message, timestamp: _timestamp, ...details } }) => {
      if (message !== limitedRetries) tell(levels[level] ?? 'debug', `kafkajs ${namespace}: ${message}`, details);
    };
}
