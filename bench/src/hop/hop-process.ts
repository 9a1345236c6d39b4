// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { residentBytes } from '../process-cpu.js';
import type { HopCommand, HopReport, HopRun, Measured } from './hop-messages.js';

type ReportOf<K extends HopReport['kind']> = Extract<HopReport, { readonly kind: K }>;

/** A hop in a process of its own, as the benchmark sees it. Everything rejects with what the hop failed with. */
export class HopProcess {
  private readonly reports: HopReport[] = [];
  private waiting: { readonly kind: HopReport['kind']; readonly resolve: (report: HopReport) => void; readonly reject: (error: Error) => void }[] = [];
  private failure: Error | undefined;
  private ending = false;

  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
  ) {
    child.on('message', (report: HopReport) => this.onReport(report));
    child.on('exit', (code, signal) => {
      if (!this.ending) this.fail(new Error(`the process of the hop "${name}" ended by itself with ${signal ?? `status ${code}`}`));
    });
  }

  /** @param entry file beside this one, such as `engine-hop.js` */
  static async start(name: string, entry: string, place: object): Promise<HopProcess> {
    const file = join(dirname(fileURLToPath(import.meta.url)), entry);
    const hop = new HopProcess(name, fork(file, [JSON.stringify(place)], { execArgv: ['--enable-source-maps', '--disable-warning=TimeoutNegativeWarning'] }));
    await hop.next('ready');
    return hop;
  }

  /** Resolves when the group of the run is joined. */
  async begin(run: HopRun): Promise<void> {
    this.command({ kind: 'begin', run });
    await this.next('joined');
  }

  /** Resolves when the run has its first output. */
  async began(): Promise<void> {
    await this.next('began');
  }

  measured(): Promise<Measured> {
    return this.next('measured');
  }

  /** Resolves with the outputs of the run when it has finished what it had in hand. */
  async stop(): Promise<number> {
    this.command({ kind: 'stop' });
    return (await this.next('stopped')).records;
  }

  async end(): Promise<void> {
    this.ending = true;
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.disconnect();
    await exited;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get residentMb(): number {
    return (residentBytes(this.pid) ?? 0) / 2 ** 20;
  }

  private command(command: HopCommand): void {
    if (this.failure) throw this.failure;
    this.child.send(command);
  }

  private next<K extends HopReport['kind']>(kind: K): Promise<ReportOf<K>> {
    if (this.failure) return Promise.reject(this.failure);
    const at = this.reports.findIndex((report) => report.kind === kind);
    if (at >= 0) return Promise.resolve(this.reports.splice(at, 1)[0] as ReportOf<K>);
    return new Promise<HopReport>((resolve, reject) => this.waiting.push({ kind, resolve, reject })) as Promise<ReportOf<K>>;
  }

  private onReport(report: HopReport): void {
    if (report.kind === 'failed') return this.fail(new Error(`the hop "${this.name}" failed: ${report.message}`));
    const at = this.waiting.findIndex(({ kind }) => kind === report.kind);
    if (at < 0) this.reports.push(report);
    else this.waiting.splice(at, 1)[0]!.resolve(report);
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.waiting.splice(0)) reject(this.failure);
  }
}
