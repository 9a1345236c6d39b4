// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface ServiceProcessOptions {
  /** `action-1`: names the process, its token and its log. */
  readonly instance: string;
  readonly service: string;
  readonly entry: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly managementPort: number;
  readonly logFile: string;
}

/** One running service: started, watched, stopped or killed, and started again. */
export class ServiceProcess {
  private child: ChildProcess | undefined;
  private exited: Promise<number> = Promise.resolve(0);

  constructor(readonly options: ServiceProcessOptions) {
    mkdirSync(dirname(options.logFile), { recursive: true });
  }

  get pid(): number | undefined {
    return this.running ? this.child?.pid : undefined;
  }

  get running(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Starts the process in a group of its own, so that Ctrl-C in the terminal reaches the launcher alone. */
  start(extra: Readonly<Record<string, string>> = {}): void {
    if (this.running) throw new Error(`${this.options.instance} runs already`);
    const log = createWriteStream(this.options.logFile, { flags: 'a' });
    const child = spawn(process.execPath, ['--enable-source-maps', this.options.entry], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', ...this.options.environment, ...extra },
    });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    this.child = child;
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        log.end();
        resolve(signal ? 128 : (code ?? 1));
      });
    });
  }

  /** Resolves when the service answers that it is ready. @throws Error with the end of its log when it ends or the time is over */
  async ready(timeoutMs: number): Promise<void> {
    const until = Date.now() + timeoutMs;
    for (;;) {
      if (!this.running) throw new Error(`${this.options.instance} ended with status ${await this.exited} before it was ready:\n${this.logTail()}`);
      if (await this.answersReady()) return;
      if (Date.now() > until) throw new Error(`${this.options.instance} was not ready within ${timeoutMs / 1000} s:\n${this.logTail()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** True when `/health/ready` says so. */
  async answersReady(): Promise<boolean> {
    try {
      const answer = await fetch(`http://127.0.0.1:${this.options.managementPort}/health/ready`, { signal: AbortSignal.timeout(1000) });
      await answer.arrayBuffer();
      return answer.ok;
    } catch {
      return false;
    }
  }

  kill(signal: NodeJS.Signals): void {
    if (this.running) this.child?.kill(signal);
  }

  /** Resolves with the exit status when the process is gone. */
  gone(): Promise<number> {
    return this.exited;
  }

  /** Asks it to stop and, when it does not within the grace, ends it. */
  async stop(graceMs: number): Promise<void> {
    if (!this.running) return;
    this.kill('SIGTERM');
    const timer = setTimeout(() => this.kill('SIGKILL'), graceMs);
    await this.exited;
    clearTimeout(timer);
  }

  /** The last lines that it wrote. */
  logTail(lines = 15): string {
    try {
      return readFileSync(this.options.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
    } catch {
      return '(it wrote nothing)';
    }
  }
}
