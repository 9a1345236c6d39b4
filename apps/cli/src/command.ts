// SPDX-License-Identifier: Apache-2.0
import type { ExitCode } from './exit-codes.js';

/** An option of a command; those without `value` are switches. */
export interface Option {
  /** What stands for the value in the usage, such as `FILE`. */
  readonly value?: string;
  readonly help: string;
  readonly required?: boolean;
}

export interface Arguments {
  readonly positionals: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
}

/** What a command is given of the world. */
export interface Context {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Folder that relative paths of the command line are relative to. */
  readonly folder: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly newId: () => string;
  /** Prints a line at once, for commands that go on; what is said at the end is their result. */
  readonly emit?: (line: string) => void;
}

/** What a command found out: the same for programs and for people. */
export interface Result {
  /** Printed with `--json`. */
  readonly json: unknown;
  /** Printed without; already inert. */
  readonly text: string;
  readonly exitCode: ExitCode;
}

export interface Command {
  /** Words on the command line, such as `approvals list`. */
  readonly name: string;
  readonly summary: string;
  /** Names of the positional arguments, all required. */
  readonly positionals: readonly string[];
  readonly options: Readonly<Record<string, Option>>;
  /** @throws Failure */
  run(given: Arguments, context: Context): Promise<Result>;
}

/** Options of every command that talks to the console. */
export const consoleOptions = {
  as: { value: 'PERSON', help: 'whose seat to use: reads .nervus/seats/<person>.token' },
  console: { value: 'URL', help: 'the console; else NERVUS_CONSOLE, else .nervus/run/console.url' },
} as const satisfies Readonly<Record<string, Option>>;

export function textOption(given: Arguments, name: string): string | undefined {
  const value = given.options[name];
  return typeof value === 'string' ? value : undefined;
}
