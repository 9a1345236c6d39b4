// SPDX-License-Identifier: Apache-2.0
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { FaultError } from './errors.js';

const run = promisify(execFile);
const timeoutMs = 15_000;

/** Runs a command of the system and returns what it wrote. @throws FaultError `command_failed` with what it complained of */
export async function systemCommand(command: string, ...args: readonly string[]): Promise<string> {
  try {
    return (await run(command, [...args], { timeout: timeoutMs })).stdout;
  } catch (error) {
    throw failed(command, args, error instanceof Error && 'stderr' in error && String(error.stderr).trim() !== '' ? String(error.stderr).trim() : String(error));
  }
}

/** The same for the moment in which a process exits; failures are ignored, since nobody could act on them. */
export function systemCommandNow(command: string, ...args: readonly string[]): void {
  spawnSync(command, args, { timeout: timeoutMs, stdio: 'ignore' });
}

/** Why a command cannot be used, or nothing. @param install what a person does about it, such as `apt-get install iproute2` */
export async function missingCommand(command: string, probe: readonly string[], install: string): Promise<string | undefined> {
  try {
    await systemCommand(command, ...probe);
    return undefined;
  } catch (error) {
    return `the command ${command} is missing or does not work (${error instanceof Error ? error.message : String(error)}); install it: ${install}`;
  }
}

const failed = (command: string, args: readonly string[], why: string): FaultError => new FaultError('command_failed', `${[command, ...args].join(' ')}: ${why}`);
