// SPDX-License-Identifier: Apache-2.0
import { cpus, release, totalmem, type } from 'node:os';
import { machineSeconds, rounded } from '@nervus/bench';

export interface MachineFigures {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  /** Shares of the cores' time during the run that were idle, and that the host took away, in percent. */
  readonly idlePercent: number;
  readonly stealPercent: number;
}

/** Begins to watch the machine; the returned function says how it was meanwhile. */
export function watchMachine(): () => MachineFigures {
  const before = { ...machineSeconds(), at: Date.now() };
  return () => {
    const after = machineSeconds();
    const cores = cpus().length;
    const share = (seconds: number): number => rounded((100 * seconds) / (((Date.now() - before.at) / 1000) * cores));
    return {
      cpu: cpus()[0]?.model ?? 'unknown', cores, memoryGiB: rounded(totalmem() / 2 ** 30), system: `${type()} ${release()}`, node: process.version,
      idlePercent: share(after.idle - before.idle), stealPercent: share(after.steal - before.steal),
    };
  };
}
