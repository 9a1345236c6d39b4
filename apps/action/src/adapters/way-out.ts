// SPDX-License-Identifier: Apache-2.0
import type { Egress } from '@nervus/egress';

/** The connections to the outside, closed when the service stops. */
export class WayOut {
  constructor(private readonly egress: Egress) {}

  close(): Promise<void> {
    return this.egress.close();
  }
}
