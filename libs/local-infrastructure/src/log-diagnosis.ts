// SPDX-License-Identifier: Apache-2.0
import { InfrastructureError } from './errors.js';
import type { ServerName } from './options.js';

/** The last lines of a text, stack frames left out, since they hide what matters. */
export function lastLines(text: string, count = 15): string {
  const lines = text.split('\n').map((line) => line.trimEnd()).filter((line) => line !== '' && !/^\s+(at |\.\.\. \d+ more)/.test(line));
  return lines.length === 0 ? '(it wrote nothing)' : lines.slice(-count).join('\n');
}

export interface Ending {
  readonly server: ServerName;
  /** `exit code 1`, `SIGKILL`. */
  readonly how: string;
  readonly log: string;
  /** Where the whole log is. */
  readonly logPlace: string;
}

/** Why a server ended although nobody had asked it to, as far as its log tells. */
export function explainEnding(ending: Ending, whileStarting: boolean): InfrastructureError {
  const { server, how, log, logPlace } = ending;
  const details = { server, how, log: logPlace };
  const tail = `The end of its log (${logPlace}):\n${lastLines(log)}`;
  if (/no space left on device|ENOSPC/i.test(log)) return new InfrastructureError('disk_full', `The disk is full, so the ${server} ended. Free some space and start again. ${tail}`, details);
  if (/insufficient memory for the Java Runtime|Could not reserve enough space|java\.lang\.OutOfMemoryError/.test(log)) return new InfrastructureError('memory_low', `There is too little memory, so the ${server} ended. Close something and start again. ${tail}`, details);
  if (whileStarting && /address already in use|port is already allocated/i.test(log)) return new InfrastructureError('port_taken', `The ${server} found its port in use. End what listens there, or choose another port. ${tail}`, details);
  if (whileStarting) return new InfrastructureError('start_failed', `The ${server} ended (${how}) before it was ready. ${tail}`, details);
  return new InfrastructureError('ended_unexpectedly', `The ${server} ended (${how}) although nobody had asked it to. Start again: what was acknowledged is kept. ${tail}`, details);
}

/** A server that runs and does not answer. */
export function explainSlowness(server: ServerName, log: string, logPlace: string, waitedMs: number, lastError: string): InfrastructureError {
  return new InfrastructureError(
    'not_ready',
    `The ${server} was not ready within ${waitedMs / 1000} s (${lastError}). On a busy machine allow it more time, else see its log. The end of it (${logPlace}):\n${lastLines(log)}`,
    { server, waitedMs, log: logPlace },
  );
}
