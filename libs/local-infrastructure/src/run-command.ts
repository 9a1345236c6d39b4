// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { InfrastructureError } from './errors.js';

export interface Finished {
  /** Null when a signal ended it. */
  readonly status: number | null;
  /** The end of what it wrote, both streams as they came. */
  readonly output: string;
}

export interface RunOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Milliseconds after which it and its children are killed. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

const outputKept = 64 * 1024;

/**
 * Runs a command to its end; undefined when there is no such command.
 * It runs in a group of its own, so that Ctrl-C reaches the launcher alone, which then ends the whole group.
 * @throws InfrastructureError `aborted`
 */
export async function runCommand(command: string, args: readonly string[], options: RunOptions): Promise<Finished | undefined> {
  const signal = AbortSignal.any([AbortSignal.timeout(options.timeoutMs), ...(options.signal ? [options.signal] : [])]);
  throwIfAborted(options.signal);
  const child = spawn(command, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: options.environment, ...(options.cwd === undefined ? {} : { cwd: options.cwd }) });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-outputKept);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const killGroup = (): void => {
    if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
  };
  signal.addEventListener('abort', killGroup);
  try {
    return await new Promise<Finished | undefined>((resolve, reject) => {
      child.once('error', (error) => ('code' in error && (error.code === 'ENOENT' || error.code === 'EACCES') ? resolve(undefined) : reject(error)));
      child.once('close', (status) => resolve({ status, output }));
    });
  } finally {
    signal.removeEventListener('abort', killGroup);
    throwIfAborted(options.signal);
  }
}

/** Signals a process group; one that is gone already is no error. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new InfrastructureError('aborted', 'The start was given up', {}, { cause: signal.reason });
}
