// SPDX-License-Identifier: Apache-2.0
import { type ReadRecord, type TrustBundle, type WorkloadAcceptance, type WorkloadDirectory, WorkloadIntake } from '@nervus/trust';
import type { Clock } from '../clock.js';
import { UntrustedRecordError } from '../errors.js';
import type { InboundRecord } from '../port.js';

export interface WorkloadTableOptions {
  readonly directory: WorkloadDirectory;
  readonly bundle: TrustBundle;
  readonly topicPrefix: string;
  readonly clock: Clock;
  /** A record was taken in: the directory knows more, or less. */
  readonly onAccepted: (record: InboundRecord) => void;
  readonly onRefused: (record: InboundRecord, error: UntrustedRecordError) => void;
  /** Milliseconds after which an entry whose signer no root vouches for is reported. @default 30000 */
  readonly pendingMs?: number;
}

/** Feeds the directory of workload keys from `identity.workloads`, in whatever order compaction left them. */
export class WorkloadTable {
  private readonly intake: WorkloadIntake;
  /** Records whose signer is not vouched for yet, and since when they wait. */
  private readonly pending = new Map<ReadRecord, number>();
  private sweeping = false;

  constructor(private readonly options: WorkloadTableOptions) {
    const { directory, bundle, topicPrefix } = options;
    // What is settled is the very object that was given to accept().
    this.intake = new WorkloadIntake({ directory, bundle, topicPrefix, onSettled: (record, acceptance) => this.settled(record as InboundRecord, acceptance) });
  }

  accept(record: InboundRecord): void {
    const acceptance = this.intake.accept(record);
    if (acceptance.state !== 'pending') return this.settled(record, acceptance);
    this.pending.set(record, this.options.clock.now());
    this.sweepLater();
  }

  private settled(record: InboundRecord, acceptance: WorkloadAcceptance): void {
    this.pending.delete(record);
    if (acceptance.state === 'accepted' || acceptance.state === 'removed') this.options.onAccepted(record);
    if (acceptance.state === 'refused') this.options.onRefused(record, new UntrustedRecordError(acceptance.code, acceptance.detail, acceptance.kid === undefined ? {} : { kid: acceptance.kid }));
  }

  private sweepLater(): void {
    const { clock, pendingMs = 30_000 } = this.options;
    if (this.sweeping || this.pending.size === 0) return;
    this.sweeping = true;
    clock.after(pendingMs, () => {
      this.sweeping = false;
      const long = clock.now() - pendingMs;
      for (const [record, since] of this.pending) {
        if (since > long) continue;
        this.pending.delete(record);
        this.options.onRefused(record as InboundRecord, new UntrustedRecordError('unknown_key', 'the workload entry is signed by a key that no root vouches for'));
      }
      this.sweepLater();
    });
  }
}
