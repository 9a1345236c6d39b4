// SPDX-License-Identifier: Apache-2.0
// Invariant: the view counts as new only as of a pulse that says exactly what the view holds. Pulses alone, while the
// stops or policies they tell of have not arrived, make nothing new.
import { CheckpointSigned, PolicySetActivated, PulseBeaten, StopChanged } from '@nervus/contracts';
import { type Clock, pause, type Received, type Tables, VersionedTable } from '@nervus/messaging';
import { hashOfActiveStops, type WorkloadDirectory } from '@nervus/trust';
import type { MeshState } from '../domain/gate.js';

/** Stops, policy set and pulses, from compacted and broadcast topics. */
export class MeshView {
  private readonly stops = new VersionedTable<string, StopChanged>();
  private stopEpoch = 0;
  private stopsHash: string | undefined;
  private policy: MeshState['policy'];
  private pulse: Received<PulseBeaten> | undefined;
  private confirmedAt: number | undefined;
  private auditHeardAt: number;
  private news = new AbortController();

  constructor(
    tables: Pick<Tables, 'on'>,
    private readonly directory: WorkloadDirectory,
    private readonly clock: Clock,
  ) {
    this.auditHeardAt = clock.now();
    this.stops.onChange(() => {
      this.stopsHash = undefined;
      this.tell();
    });
    tables.on(
      StopChanged,
      (event) => {
        this.stopEpoch = Math.max(this.stopEpoch, event.data.epoch);
        this.stops.set(event.key, event.data.version, event.data);
      },
      (gone) => void this.stops.delete(gone.key),
    );
    tables.on(PolicySetActivated, ({ data: { version, hash } }) => {
      if (version > (this.policy?.version ?? 0)) this.policy = { version, hash };
      this.tell();
    });
    tables.on(CheckpointSigned, ({ origin }) => void (this.auditHeardAt = Math.max(this.auditHeardAt, origin.appendedAt)));
    tables.on(PulseBeaten, (event) => {
      // What the last one confirmed until now is not lost by a newer one that is ahead of us.
      this.confirm();
      this.pulse = event;
      this.tell();
    });
  }

  /** Resolves at the next record about stops, policies or pulses, or after the time. */
  changed(limitMs: number): Promise<void> {
    return pause(limitMs, this.clock, this.news.signal);
  }

  now(): MeshState {
    this.confirm();
    return {
      policy: this.policy,
      stopEpoch: this.stopEpoch,
      stops: this.allStops(),
      pulseAgeMs: this.confirmedAt === undefined ? undefined : Math.max(0, this.clock.now() - this.confirmedAt),
      auditSilentMs: this.clock.now() - this.auditHeardAt,
      revoked: (subject) => this.directory.revocations.revokedAt(subject) !== undefined,
    };
  }

  private tell(): void {
    this.news.abort();
    this.news = new AbortController();
  }

  private confirm(): void {
    const { pulse } = this;
    if (!pulse || pulse.data.epoch !== this.stopEpoch || pulse.data.policyVersion > (this.policy?.version ?? 0)) return;
    this.stopsHash ??= hashOfActiveStops(this.allStops());
    if (pulse.data.stopsHash === this.stopsHash) this.confirmedAt = Math.max(this.confirmedAt ?? 0, pulse.origin.appendedAt);
  }

  private *allStops(): Generator<StopChanged> {
    for (const [, stop] of this.stops.entries()) yield stop;
  }
}
