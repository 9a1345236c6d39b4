// SPDX-License-Identifier: Apache-2.0

/** Where a client tells what happens to its connections. */
export type KafkaLog = (level: 'debug' | 'info' | 'warn' | 'error', message: string, details: Readonly<Record<string, unknown>>) => void;

/** The same message is told once in so many milliseconds: a broker that is away would fill the log. */
const quietFor = 10_000;
const remembered = 100;

/** Tells a message that comes again and again only once in ten seconds, and then how often it came. */
export function withoutRepetition(log: KafkaLog, now: () => number = Date.now): KafkaLog {
  const told = new Map<string, { at: number; kept: number }>();
  return (level, message, details) => {
    const before = told.get(message);
    if (before && now() - before.at < quietFor) {
      before.kept++;
      return;
    }
    if (told.size >= remembered) told.clear();
    told.set(message, { at: now(), kept: 0 });
    log(level, message, before && before.kept > 0 ? { ...details, repeated: before.kept } : details);
  };
}
