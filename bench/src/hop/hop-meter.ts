// SPDX-License-Identifier: Apache-2.0
import { cpuSeconds } from '../process-cpu.js';
import type { HopReport, HopRun } from './hop-messages.js';

interface Mark {
  readonly records: number;
  /** Milliseconds on the clock of this process. */
  readonly at: number;
  readonly cpuSeconds: number;
}

/**
 * Counts the outputs of one run and measures one stretch of it, in the process of the hop: from its first acknowledged
 * output, so that joining the group does not count, until the time is over or the input is.
 */
export class HopMeter {
  records = 0;
  private from: Mark | undefined;
  private over = false;

  constructor(
    private readonly run: Pick<HopRun, 'measureMs' | 'expected'>,
    private readonly tell: (report: HopReport) => void,
  ) {}

  /** Kafka acknowledged so many outputs. */
  acknowledged(records: number): void {
    this.records += records;
    if (this.over || this.run.measureMs === 0) return;
    if (!this.from) {
      this.from = this.mark();
      this.tell({ kind: 'began' });
    } else if (this.records >= this.run.expected || performance.now() - this.from.at >= this.run.measureMs) {
      this.over = true;
      const { records: before, at, cpuSeconds: used } = this.from;
      const now = this.mark();
      this.tell({ kind: 'measured', records: now.records - before, seconds: (now.at - at) / 1000, cpuSeconds: now.cpuSeconds - used });
    }
  }

  private mark(): Mark {
    return { records: this.records, at: performance.now(), cpuSeconds: cpuSeconds(process.pid) ?? Number.NaN };
  }
}
