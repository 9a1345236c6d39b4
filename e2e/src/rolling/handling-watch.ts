// SPDX-License-Identifier: Apache-2.0
import type { ServiceName } from '@nervus/contracts';
import type { Mesh } from '@nervus/scripts/mesh';
import { metricOf } from '../independence/metric.js';

const everyMs = 250;

/** Looks four times a second whether any process of a service has taken in records since the look before, and remembers when. */
export class HandlingWatch {
  /** Milliseconds since the epoch. */
  readonly times: number[] = [];
  private readonly counts = new Map<string, number>();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly mesh: Mesh,
    private readonly service: ServiceName,
  ) {
    this.timer = setInterval(() => void this.look(), everyMs);
  }

  close(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    for (const member of this.mesh.processesOf(this.service)) {
      // One that has just begun or ended says nothing.
      const count = await metricOf(member, 'nervus_records_consumed_total').catch(() => undefined);
      const { instance } = member.options;
      if (count !== undefined && count > (this.counts.get(instance) ?? 0)) this.times.push(Date.now());
      if (count !== undefined) this.counts.set(instance, count);
    }
  }
}
