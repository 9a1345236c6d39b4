// SPDX-License-Identifier: Apache-2.0
import { cpus, totalmem } from 'node:os';
import { rounded } from './latency.js';
import { machineSeconds } from './process-cpu.js';

/** What a benchmark ran on, as its result says it. */
export const machineOf = (kafkaVersion: string) => ({ cpus: cpus().length, model: cpus()[0]?.model ?? 'unknown', memoryGiB: rounded(totalmem() / 2 ** 30), platform: `${process.platform}-${process.arch}`, node: process.version, kafka: kafkaVersion });

/** How busy the machine was over some stretches, with whatever else ran on it: a busy machine is said, not hidden. */
export class MachineWatch {
  private idle = 0;
  private steal = 0;
  private seconds = 0;

  /** Watches while the work is done. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const before = { ...machineSeconds(), at: performance.now() };
    try {
      return await work();
    } finally {
      const after = machineSeconds();
      this.idle += after.idle - before.idle;
      this.steal += after.steal - before.steal;
      this.seconds += (performance.now() - before.at) / 1000;
    }
  }

  /** Undefined when nothing was watched. */
  figures(): { readonly idleShare: number; readonly stealSeconds: number } | undefined {
    if (this.seconds === 0) return undefined;
    return { idleShare: rounded(this.idle / (this.seconds * cpus().length), 3), stealSeconds: rounded(this.steal, 2) };
  }
}
