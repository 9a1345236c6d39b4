// SPDX-License-Identifier: Apache-2.0
// Invariant: a process that ends while nobody has asked it to is written down once and started again, until `close`.
import { type FaultableProcess, pause } from '@nervus/fault-harness';
import type { Mesh, ServiceProcess } from '@nervus/scripts/mesh';

/** A process that ended although nobody ended it. */
export interface UnexpectedEnd {
  readonly instance: string;
  readonly status: number;
  /** The last lines of its log. */
  readonly log: string;
}

/** Between an end and the next start: what cannot start yet shall not take the processor from the others. */
const restMs = 1_000;
const stopGraceMs = 30_000;

/** Starts again what ends by itself, as a supervisor in production would, and remembers it. */
export class Supervisor {
  readonly ends: UnexpectedEnd[] = [];
  readonly processes: readonly Supervised[];
  private over = false;

  /** The processes must run. */
  constructor(readonly mesh: Mesh) {
    this.processes = mesh.all().map((member) => new Supervised(member, this));
  }

  /** From now on processes may end, and stay away. */
  close(): void {
    this.over = true;
  }

  /** Watches a process from its start to an end that was asked for. */
  async watch(member: ServiceProcess, isMeant: () => boolean): Promise<void> {
    for (;;) {
      const status = await member.gone();
      if (this.over || isMeant()) return;
      this.ends.push({ instance: member.options.instance, status, log: member.logTail(5) });
      await pause(restMs);
      // Somebody may have started or given it up meanwhile.
      if (this.over || member.running) return;
      this.mesh.startOne(member);
    }
  }
}

/** A process of the mesh that can be disturbed with its supervisor's knowledge. */
export class Supervised implements FaultableProcess {
  private meant = false;

  constructor(
    readonly member: ServiceProcess,
    private readonly supervisor: Supervisor,
  ) {
    this.watch();
  }

  get name(): string {
    return this.member.options.instance;
  }

  get service(): string {
    return this.member.options.service;
  }

  get pid(): number | undefined {
    return this.member.pid;
  }

  kill(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    if (signal === 'SIGKILL') this.meant = true;
    this.member.kill(signal);
  }

  async stop(): Promise<void> {
    this.meant = true;
    await this.member.stop(stopGraceMs);
  }

  gone(): Promise<number> {
    return this.member.gone();
  }

  start(): void {
    this.supervisor.mesh.startOne(this.member);
    this.watch();
  }

  private watch(): void {
    this.meant = false;
    void this.supervisor.watch(this.member, () => this.meant);
  }
}
