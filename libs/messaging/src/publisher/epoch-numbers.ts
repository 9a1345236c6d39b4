// SPDX-License-Identifier: Apache-2.0

/** The numbers of one epoch: dense from 0, given in the order of sending. */
export class EpochNumbers {
  private next = 0;
  private acknowledged = -1;

  /** @param epoch UUIDv7 of the process start */
  constructor(readonly epoch: string) {}

  take(): number {
    return this.next++;
  }

  /** Everything taken so far was acknowledged; sends are one at a time, so this is always a prefix. */
  acknowledge(): void {
    this.acknowledged = this.next - 1;
  }

  /** Highest number below which, itself included, all were acknowledged; -1 none. */
  get ackedThrough(): number {
    return this.acknowledged;
  }
}
