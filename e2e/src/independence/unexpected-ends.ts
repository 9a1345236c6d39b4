// SPDX-License-Identifier: Apache-2.0
import type { ServiceProcess } from '@nervus/scripts/mesh';

/** A process that ended although nobody ended it. */
export interface UnexpectedEnd {
  readonly instance: string;
  readonly status: number;
  /** The last lines of its log. */
  readonly log: string;
}

/** Remembers every process that ends by itself. */
export class UnexpectedEnds {
  readonly seen: UnexpectedEnd[] = [];
  private readonly expected = new Set<ServiceProcess>();
  private over = false;

  /** To be called whenever a process was started. */
  watch(...members: readonly ServiceProcess[]): void {
    for (const member of members) {
      this.expected.delete(member);
      void this.wait(member);
    }
  }

  /** This process is about to be ended. */
  expect(member: ServiceProcess): void {
    this.expected.add(member);
  }

  /** From now on processes may end. */
  close(): void {
    this.over = true;
  }

  private async wait(member: ServiceProcess): Promise<void> {
    const status = await member.gone();
    if (!this.over && !this.expected.has(member)) this.seen.push({ instance: member.options.instance, status, log: member.logTail(5) });
  }
}
