// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface MemberOptions {
  /** `host:port` of the brokers. */
  readonly brokers: readonly string[];
  readonly kafkaClient: 'kafkajs' | 'platformatic';
  readonly groupId: string;
  readonly topic: string;
  /** Its instance id. @default none */
  readonly instance?: string;
  /** True: it finishes no record before it is told to. @default false */
  readonly hold?: boolean;
}

/** A line that a member says. */
export type Said =
  | { readonly said: 'ready' | 'joined' }
  /** It begins nothing more, and is about to leave the group. */
  | { readonly said: 'leaving' }
  | { readonly said: 'assigned'; readonly partitions: readonly number[] }
  | { readonly said: 'rebalance'; readonly leaving?: readonly number[] }
  | { readonly said: 'began'; readonly partition: number; readonly offset: number }
  /** `aborted`: finished after its lease had been revoked. */
  | { readonly said: 'handled' | 'aborted'; readonly partition: number; readonly offset: number; readonly value: string }
  | { readonly said: 'fatal'; readonly reason: string }
  /** Said for it: the process is gone. */
  | { readonly said: 'ended'; readonly reason: string };

/** A line, and when it was said: milliseconds since the epoch. */
export type Heard = Said & { readonly at: number };

/** Compiled, since a process of its own reads no TypeScript of a workspace. */
const main = fileURLToPath(new URL('../../dist/conformance/member.js', import.meta.url));

/** A member of a consumer group in a process of its own, which can be stopped, woken and killed. */
export class MemberProcess {
  readonly said: Heard[] = [];
  private readonly errors: string[] = [];
  private readonly listeners = new Set<(said: Heard) => void>();

  private constructor(private readonly child: ChildProcess) {}

  /** Resolves when it runs and has loaded everything; it has not joined yet. */
  static async ready(options: MemberOptions): Promise<MemberProcess> {
    if (!existsSync(main)) throw new Error(`${main} is missing: build first (npm run build)`);
    const child = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', main], { stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] ?? '', MEMBER_OPTIONS: JSON.stringify(options) } });
    const member = new MemberProcess(child);
    createInterface({ input: child.stdout }).on('line', (line) => member.hear(JSON.parse(line) as Heard));
    createInterface({ input: child.stderr }).on('line', (line) => member.errors.push(line));
    child.on('exit', (code) => member.hear({ said: 'ended', reason: `it ended with ${code}: ${member.errors.join('\n')}`, at: Date.now() }));
    await member.until('ready');
    return member;
  }

  /** Resolves when it has joined. */
  async join(): Promise<void> {
    this.child.stdin?.write('join\n');
    await this.until('joined');
  }

  get assigned(): readonly number[] {
    return this.all('assigned').at(-1)?.partitions ?? [];
  }

  get handled(): readonly string[] {
    return this.all('handled').map(({ value }) => value);
  }

  all<S extends Said['said']>(said: S): Extract<Heard, { said: S }>[] {
    return this.said.filter((line): line is Extract<Heard, { said: S }> => line.said === said);
  }

  /** It may finish its records. */
  release(): void {
    this.child.stdin?.write('release\n');
  }

  /** As if its machine slept: it sends nothing, and its connections stay open. */
  sleep(): void {
    this.child.kill('SIGSTOP');
  }

  wake(): void {
    this.child.kill('SIGCONT');
  }

  /** An orderly end. */
  async end(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.gone();
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.gone();
  }

  private hear(said: Heard): void {
    this.said.push(said);
    for (const listener of this.listeners) listener(said);
  }

  private until(wanted: Said['said']): Promise<void> {
    return new Promise((resolve, reject) => {
      const listener = (said: Heard): void => {
        if (said.said === wanted) resolve();
        else if (said.said === 'fatal' || said.said === 'ended') reject(new Error(`the member will not be ${wanted}: ${said.reason}`));
        else return;
        this.listeners.delete(listener);
      };
      this.listeners.add(listener);
      for (const said of this.said) listener(said);
    });
  }

  private async gone(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
  }
}
