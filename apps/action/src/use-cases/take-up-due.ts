// SPDX-License-Identifier: Apache-2.0
// Invariant: each document is in hand at most once in this process, and at most a bounded number of them. Between
// processes compare-and-set decides; leaving held actions to their owner for a while only saves them the race.
import type { Aggregate } from '@nervus/messaging';
import { ServiceClock, ServiceLogger, Sweeps } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import { Credentials } from '../adapters/credentials.js';
import type { ActionState } from '../domain/action-state.js';
import { overdueMs } from '../domain/run-order.js';
import { ActionDocuments } from './documents.js';
import { ReconcileSent } from './reconcile-sent.js';
import { ResumeHeld } from './resume-held.js';
import { ActionSettings } from './settings.js';

const everyMs = 500;
const countEveryMs = 15_000;
const atOnce = 128;

/** Takes up what is due: held actions whose time has come, and begun ones that nobody finished. */
@Injectable()
export class TakeUpDue {
  private readonly inHand = new Map<string, Promise<void>>();
  private looking = false;
  /** The last look found more than it could take. */
  private more = false;
  private stopped = false;

  constructor(
    private readonly documents: ActionDocuments,
    private readonly resumeHeld: ResumeHeld,
    private readonly reconcileSent: ReconcileSent,
    private readonly settings: ActionSettings,
    private readonly clock: ServiceClock,
    private readonly logger: ServiceLogger,
    credentials: Credentials,
    sweeps: Sweeps,
  ) {
    sweeps.every('take-up-due', everyMs, () => this.look());
    sweeps.every('count-in-doubt', countEveryMs, () => this.documents.countInDoubt());
    sweeps.every('forget-questions', countEveryMs, () => Promise.resolve(credentials.sweep()));
  }

  /** Starts what is due; resolves before it is done, so that a slow target holds up nothing else. */
  async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    try {
      const due = await this.documents.due(this.clock.now(), 2 * atOnce);
      const ours = due.filter(({ id, state }) => !this.inHand.has(id) && this.isOurs(state));
      const room = this.stopped ? 0 : atOnce - this.inHand.size;
      this.more = ours.length > room;
      for (const found of ours.slice(0, room)) this.take(found);
    } finally {
      this.looking = false;
    }
  }

  /** Resolves when nothing is in hand any more. */
  async idle(): Promise<void> {
    while (this.inHand.size > 0) await Promise.all(this.inHand.values());
  }

  /** Takes nothing more and finishes what is in hand. */
  async drain(): Promise<void> {
    this.stopped = true;
    await this.idle();
  }

  private isOurs(state: ActionState): boolean {
    return state.state !== 'held' || state.owner === this.settings.owner || state.againAt + overdueMs <= this.clock.now();
  }

  private take(found: Aggregate<ActionState>): void {
    this.inHand.set(found.id, this.carryAndGoOn(found));
  }

  private async carryAndGoOn(found: Aggregate<ActionState>): Promise<void> {
    try {
      await this.carry(found);
    } catch (error) {
      this.logger.error({ err: error, code: 'take_up_failed', document: found.id }, 'an action that was due could not be taken up and will be again');
    } finally {
      this.inHand.delete(found.id);
    }
    // A backlog is worked off without waiting for the next sweep.
    if (this.more && this.inHand.size < atOnce / 2) await this.look().catch((error: unknown) => this.logger.error({ err: error, code: 'look_failed' }, 'what is due could not be looked for and will be again'));
  }

  private async carry({ id, version, state }: Aggregate<ActionState>): Promise<void> {
    if (state.state === 'held') await this.resumeHeld.run(id, state);
    if (state.state === 'sent') await this.reconcileSent.run(id, version, state);
  }
}
