// SPDX-License-Identifier: Apache-2.0
import { type logCreator, logLevel } from 'kafkajs';

/** Where the client tells what happens to its connections. */
export type KafkaLog = (level: 'debug' | 'info' | 'warn' | 'error', message: string, details: Readonly<Record<string, unknown>>) => void;

/**
 * One level lower than kafkajs says: it logs as errors what it then retries by itself. What it cannot mend reaches us
 * as a rejection or a crash and is told there.
 */
const levels: Readonly<Record<number, 'debug' | 'info' | 'warn'>> = { [logLevel.ERROR]: 'warn', [logLevel.WARN]: 'info', [logLevel.INFO]: 'debug', [logLevel.DEBUG]: 'debug' };

/** Warned about although our producer has the answer to it: it never sends other records under the same numbers. */
const limitedRetries = 'Limiting retries for the idempotent producer may invalidate EoS guarantees';

/** The same warning of a client is told once in so many milliseconds: a broker that is away would fill the log. */
const quietFor = 10_000;
const remembered = 100;

export function kafkaJsLog(log: KafkaLog, now: () => number = Date.now): logCreator {
  const told = new Map<string, { at: number; kept: number }>();
  return () =>
    ({ namespace, level, log: { message, timestamp: _timestamp, ...details } }) => {
      if (message === limitedRetries) return;
      const text = `kafkajs ${namespace}: ${message}`;
      const before = told.get(text);
      if (before && now() - before.at < quietFor) {
        before.kept++;
        return;
      }
      if (told.size >= remembered) told.clear();
      told.set(text, { at: now(), kept: 0 });
      log(levels[level] ?? 'debug', text, before && before.kept > 0 ? { ...details, repeated: before.kept } : details);
    };
}
