// SPDX-License-Identifier: Apache-2.0
import { CheckpointSigned, ownTopics, readingOf, rootId, StopChanged, topics } from '@nervus/contracts';
import { eventOf } from '@nervus/messaging';
import type { Parts } from './parts.js';

/** A heartbeat follows the last record within this time, and comes this often when nothing is sent. */
const afterRecordMs = 5_000;
const idleMs = 60_000;

/**
 * Says on the service's heartbeat topic that this process lives, how far its records were acknowledged, and which dead
 * epochs of the service are drained. A heartbeat takes a number itself, so audit sees a lost tail.
 */
export class Heartbeats {
  private readonly type;
  private stopEpoch = 0;
  private checkpointSeen = 0;
  private saidThrough = -1;
  private saidAt = 0;
  private closed = false;

  /** To be made while the service is built, before its tables are loaded. */
  constructor(private readonly parts: Parts) {
    const { tables, kit } = parts;
    this.type = ownTopics(kit.service).HeartbeatBeaten;
    if (readingOf(topics.approval.stops, kit.service) === 'table') tables.on(StopChanged, (event) => void (this.stopEpoch = Math.max(this.stopEpoch, event.data.epoch)));
    tables.on(CheckpointSigned, (event) => void (this.checkpointSeen = Math.max(this.checkpointSeen, event.data.size)));
  }

  async open(): Promise<void> {
    await this.beat('opened');
    this.parts.kit.sweeps.every('heartbeat', afterRecordMs, () => this.beatIfDue());
  }

  /** The last record of a process that stops cleanly. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.beat('closed').catch((error: unknown) => this.parts.logger.warn({ err: error, code: 'last_heartbeat_failed' }, 'the closing heartbeat could not be published'));
  }

  private async beatIfDue(): Promise<void> {
    const { publisher, kit, database } = this.parts;
    const acked = publisher.ackedThrough();
    const sealed = await database.epochs.sealDead();
    // The heartbeat itself was the last record: acknowledging it is no news.
    if (acked > this.saidThrough + 1 || sealed.length > 0 || kit.clock.now() - this.saidAt >= idleMs) {
      await this.beat('beating', sealed);
      await database.epochs.announced(sealed);
    }
  }

  private async beat(state: 'opened' | 'beating' | 'closed', sealed: readonly { epoch: string; kid: string }[] = []): Promise<void> {
    const { publisher, kit } = this.parts;
    const ackedThrough = publisher.ackedThrough();
    const data = { epoch: kit.identity.epoch, state, at: kit.clock.instant(), ackedThrough, stopEpoch: this.stopEpoch, checkpointSeen: this.checkpointSeen, sealed: [...sealed] };
    await publisher.publish([eventOf(this.type, { id: rootId(kit.clock.now()), key: kit.identity.epoch, data }, kit.clock)]);
    this.saidThrough = ackedThrough;
    this.saidAt = kit.clock.now();
  }
}
