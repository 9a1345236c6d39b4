// SPDX-License-Identifier: Apache-2.0
import { derivedId } from '@nervus/contracts';
import { ServiceClock } from '@nervus/service-kit';
import { WorkloadDirectory } from '@nervus/trust';
import { Injectable } from '@nestjs/common';
import { type Held, settle, unbegun } from '../domain/action-state.js';
import { checkPermitted, claimedOf } from '../domain/permitted.js';
import { CarryOut } from './carry-out.js';
import { ActionDocuments } from './documents.js';
import { ActionSettings } from './settings.js';

/** The time of a held action has come: it is taken up again, under the same permit. */
@Injectable()
export class ResumeHeld {
  constructor(
    private readonly carryOut: CarryOut,
    private readonly documents: ActionDocuments,
    private readonly directory: WorkloadDirectory,
    private readonly settings: ActionSettings,
    private readonly clock: ServiceClock,
  ) {}

  async run(id: string, held: Held): Promise<void> {
    const claimed = claimedOf(held.task);
    const now = this.clock.now();
    // The same cause for every process that takes up this very state, so that only one of them changes it.
    const eventId = derivedId('resumed', id, held.jti, String(held.tries), String(held.againAt));
    const check = checkPermitted(claimed, this.directory, this.settings.trustDomain, now);
    if (check.verdict === 'good') {
      await this.carryOut.run({ permitted: check.permitted, held, eventId });
    } else if (check.verdict === 'refused') {
      // It was good when it came: its key was revoked since, or the tool is another in this release.
      const named = { ...claimed, jti: held.jti };
      await this.documents.change(claimed, eventId, (current) => (current?.state === 'held' && current.jti === held.jti ? settle(current, named, unbegun(check.code, check.detail, now, held.intent), now) : 'unchanged'));
    }
  }
}
