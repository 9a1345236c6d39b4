// SPDX-License-Identifier: Apache-2.0
import type { Command } from './command.js';
import { exitCodes } from './exit-codes.js';

const meanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: 'done, or all is well (VERIFIED)',
  no: 'the answer is no: refused, conflicting, faulty, VIOLATION',
  undecided: 'not known yet: not answered in time, or INCOMPLETE',
  usage: 'the command line makes no sense',
  noInput: 'a file cannot be read',
  unavailable: 'the console does not answer',
  internal: 'a fault of this program',
  noPermission: 'no seat, or one that is not let in',
};

/** Usage of one command, its options below. */
export function usageOf(command: Command): string {
  const named = Object.entries(command.options);
  const words = ['nervus', command.name, ...command.positionals, ...named.map(([name, { value, required }]) => (required ? `--${name} ${value}` : `[--${name}${value === undefined ? '' : ` ${value}`}]`)), '[--json]'];
  const width = Math.max(...named.map(([name, { value }]) => `--${name} ${value ?? ''}`.length), '--json'.length);
  const lines = [...named.map(([name, { value, help }]) => [`--${name} ${value ?? ''}`, help] as const), ['--json', 'one JSON object instead of text'] as const];
  return `${words.join(' ')}\n\n${command.summary}\n\n${lines.map(([option, help]) => `  ${option.padEnd(width)}  ${help}`).join('\n')}`;
}

/** All commands, and what the exit codes mean. */
export function helpText(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name, positionals }) => [name, ...positionals].join(' ').length));
  const listed = commands.map(({ name, positionals, summary }) => `  ${[name, ...positionals].join(' ').padEnd(width)}  ${summary}`);
  const codes = Object.entries(exitCodes).map(([name, code]) => `  ${String(code).padStart(2)}  ${meanings[name as keyof typeof exitCodes]}`);
  return `nervus: the command line of Nervus\n\n${listed.join('\n')}\n\nEach takes --json and --help. Exit codes:\n${codes.join('\n')}`;
}
