// SPDX-License-Identifier: Apache-2.0
import { CheckpointSigned, derivedId } from '@nervus/contracts';
import { type NoteSigner, signCheckpoint } from '@nervus/transparency-log';
import { base64url } from '@nervus/trust';
import type { LogFiles } from '../adapters/log-files.js';
import type { EventPublisher } from '../adapters/receipts.js';

/** One checkpoint a minute is archived, and the last. */
const archiveEveryMs = 60_000;
/** Signs of life alone are covered this often. */
const quietMs = 60_000;

export interface CheckpointOptions {
  readonly files: LogFiles;
  readonly signer: NoteSigner;
  readonly events: EventPublisher;
  readonly now: () => number;
  /** Size of the newest checkpoint that was published before this process began. */
  readonly published: number;
}

/** Signs what the log holds, each second if it grew. */
export class SignCheckpoint {
  private size: number;
  private signedAt = -Infinity;
  private archivedAt = -Infinity;
  private worthwhile = false;
  private unarchived = false;

  constructor(private readonly options: CheckpointOptions) {
    this.size = options.published;
  }

  /** Size of the newest checkpoint. */
  get published(): number {
    return this.size;
  }

  /** Something other than a sign of life came into the log. */
  noteworthy(): void {
    this.worthwhile = true;
  }

  /** Signs and publishes if there is reason to; `last` when the process stops, so that everything is covered and archived. */
  async sign(last = false): Promise<void> {
    const { files, signer, events, now } = this.options;
    const due = this.worthwhile || last || now() - this.signedAt >= quietMs;
    if (!due || (files.size <= this.size && !(last && this.unarchived))) return;
    this.worthwhile = false;
    const snapshot = files.snapshot();
    const { size, root } = snapshot;
    const note = await signCheckpoint({ origin: signer.name, size, root }, [signer]);
    const archive = last || now() - this.archivedAt >= archiveEveryMs;
    await files.publish(snapshot, Buffer.from(note), archive);
    this.size = size;
    this.signedAt = now();
    this.unarchived = !archive;
    if (archive) this.archivedAt = now();
    await events.publish([events.of(CheckpointSigned, { key: 'log', id: derivedId('checkpoint', signer.name, String(size)), data: { size, root: base64url(root), note } })]);
  }
}
