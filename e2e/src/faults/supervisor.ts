// SPDX-License-Identifier: Apache-2.0
import type { Mesh, ServiceProcess } from '@nervus/scripts/mesh';

/** A process that ended although nobody killed it. */
export interface UnexpectedEnd {
  readonly instance: string;
  readonly status: number;
  /** The last lines of its log. */
  readonly log: string;
}

/** Starts again what ends by itself, as a supervisor in production would, and remembers it. */
export class Supervisor {
  readonly ends: UnexpectedEnd[] = [];
  private readonly killed = new Set<ServiceProcess>();
  private over = false;

  constructor(private readonly mesh: Mesh) {
    for (const member of mesh.all()) void this.watch(member);
  }

  /** Runs something that ends this process and starts it again by itself. */
  async leave<T>(member: ServiceProcess, work: () => Promise<T>): Promise<T> {
    this.killed.add(member);
    try {
      return await work();
    } finally {
      this.killed.delete(member);
      void this.watch(member);
    }
  }

  /** From now on processes may end. */
  close(): void {
    this.over = true;
  }

  private async watch(member: ServiceProcess): Promise<void> {
    while (!this.over) {
      const status = await member.gone();
      if (this.over || this.killed.has(member)) return;
      this.ends.push({ instance: member.options.instance, status, log: member.logTail(5) });
      this.mesh.startOne(member);
    }
  }
}
