// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { InfrastructureError } from './errors.js';
import type { LocalServer } from './local-server.js';
import type { ServerName } from './options.js';
import { crossOutProcess, writeDownProcess } from './orphans.js';
import { identityOf } from './process-identity.js';
import { signalGroup } from './run-command.js';

export interface JavaServerOptions {
  readonly name: ServerName;
  readonly java: string;
  readonly args: readonly string[];
  /** Core dumps and relative paths end up here. */
  readonly cwd: string;
  readonly logFile: string;
  /** Where it is written down for the next launcher. */
  readonly dataDir: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Runs before every launch. */
  readonly prepare?: (signal: AbortSignal) => Promise<void>;
}

const logRead = 64 * 1024;

/** Servers that run now. When this process exits without having stopped them, they are told to end. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) if (child.pid !== undefined) signalGroup(child.pid, 'SIGTERM');
});

/** A JVM in a process group of its own, so that Ctrl-C reaches the launcher alone, writing into a file, so that it outlives a killed launcher. */
export class JavaServer implements LocalServer {
  private child: ChildProcess | undefined;
  private ending: Promise<string> = Promise.resolve('never started');
  private logStart = 0;

  constructor(private readonly options: JavaServerOptions) {
    mkdirSync(options.cwd, { recursive: true });
    mkdirSync(dirname(options.logFile), { recursive: true });
    keepPrevious(options.logFile);
  }

  get name(): ServerName {
    return this.options.name;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  get logPlace(): string {
    return this.options.logFile;
  }

  async launch(signal: AbortSignal): Promise<void> {
    await this.options.prepare?.(signal);
    const log = openSync(this.options.logFile, 'a');
    this.logStart = statSync(this.options.logFile).size;
    const child = spawn(this.options.java, this.options.args, { cwd: this.options.cwd, env: this.options.environment, detached: true, stdio: ['ignore', log, log] });
    closeSync(log);
    this.child = child;
    running.add(child);
    this.ending = new Promise((resolve) => {
      const ended = (how: string): void => {
        running.delete(child);
        this.child = undefined;
        resolve(how);
      };
      child.once('exit', (code, signal) => ended(signal ?? `exit code ${code}`));
      child.once('error', (error) => ended(error.message));
    });
    const identity = child.pid === undefined ? undefined : identityOf(child.pid);
    if (identity) writeDownProcess(this.options.dataDir, this.name, identity);
  }

  gone(): Promise<string> {
    return this.ending;
  }

  async end(signal: 'SIGTERM' | 'SIGKILL', graceMs: number): Promise<void> {
    const pid = this.child?.pid;
    if (pid === undefined) return;
    signalGroup(pid, signal);
    const force = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
    await this.ending;
    clearTimeout(force);
    crossOutProcess(this.options.dataDir, this.name);
  }

  async log(): Promise<string> {
    const size = statSync(this.options.logFile, { throwIfNoEntry: false })?.size ?? 0;
    const from = Math.max(this.logStart, size - logRead);
    if (size <= from) return '';
    const file = openSync(this.options.logFile, 'r');
    try {
      const buffer = Buffer.alloc(size - from);
      return buffer.toString('utf8', 0, readSync(file, buffer, 0, buffer.length, from));
    } finally {
      closeSync(file);
    }
  }

  async remove(): Promise<void> {
    if (this.child) throw new InfrastructureError('stopped', `The ${this.name} still runs: end it before removing it`);
    crossOutProcess(this.options.dataDir, this.name);
  }
}

/** One log per launcher run, and the one before it. */
function keepPrevious(logFile: string): void {
  if (statSync(logFile, { throwIfNoEntry: false })) renameSync(logFile, logFile.replace(/(\.log)?$/, '.previous$1'));
}
