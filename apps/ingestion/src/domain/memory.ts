// SPDX-License-Identifier: Apache-2.0

/** What is remembered of an accepted event, so that a repeat makes no second signal. */
export interface EventMemory {
  /** `ce_id` of the signal. */
  readonly signalId: string;
  /** Milliseconds since the epoch; a repeat after it would be a new event. */
  readonly forgetAt: number;
}

/** How long events are remembered. */
export class Window {
  readonly ms: number;

  constructor(days: number) {
    this.ms = days * 24 * 3_600_000;
  }
}
