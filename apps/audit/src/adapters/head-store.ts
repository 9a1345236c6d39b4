// SPDX-License-Identifier: Apache-2.0
import type { AggregateStore, CollectionDeclaration } from '@nervus/messaging';
import { LogRefused } from './errors.js';

/** The head of the log: what is committed, and who may go on. Hashes in base64url. */
export interface Head {
  readonly size: number;
  readonly root: string;
  /** Roots of the complete subtrees, largest first. */
  readonly frontier: readonly string[];
  /** First number missing of each process that may still write, with its `<SPIFFE ID> <epoch>`. */
  readonly watermarks: readonly (readonly [process: string, watermark: number])[];
  /** Raised by every writer that takes the log over; a write under an older one fails. */
  readonly fence: number;
  /** The process that writes, and until when nobody may take over, in milliseconds since the epoch. */
  readonly holder: string;
  readonly leaseUntil: number;
}

/** What an append commits. */
export type Committed = Pick<Head, 'size' | 'root' | 'frontier' | 'watermarks'>;

export const headCollection: CollectionDeclaration<Head> = { name: 'log-head' };
const documentId = 'log';

/** Milliseconds for which a writer holds the log without renewing. */
export const leaseMs = 10_000;

/**
 * The head document: the commit point of the log, changed only by compare-and-set. A writer that was paused for longer
 * than its lease finds another fence there and stops.
 */
export class HeadStore {
  private renewals = 0;

  constructor(
    private readonly store: AggregateStore<Head>,
    /** Names this process: unique per start. */
    private readonly holder: string,
    private readonly now: () => number,
  ) {}

  read(): Promise<Head | undefined> {
    return this.store.read(documentId).then((head) => head?.state);
  }

  /**
   * Takes the log over, if nobody holds it; gives the head with this writer's fence. Undefined while another one holds it.
   * @param above fence that the new one must exceed: a database restored from a backup forgot the newest
   */
  async acquire(emptyRoot: string, above = 0): Promise<Head | undefined> {
    const { state } = await this.store.apply(documentId, `acquire ${this.holder} ${this.renewals++}`, (head) => {
      const leaseUntil = this.now() + leaseMs;
      if (!head) return { state: { size: 0, root: emptyRoot, frontier: [], watermarks: [], fence: above + 1, holder: this.holder, leaseUntil }, events: [] };
      if (head.holder !== this.holder && head.leaseUntil > this.now()) return 'unchanged';
      return { state: { ...head, fence: Math.max(head.fence, above) + 1, holder: this.holder, leaseUntil }, events: [] };
    });
    return state?.holder === this.holder ? state : undefined;
  }

  /**
   * Moves the head from one size to the next. Repeating it after a failure of which it is not known whether it was
   * written is safe.
   * @throws LogRefused `lease_lost` when another writer took over
   */
  async commit(fence: number, from: number, next: Committed): Promise<void> {
    const { state } = await this.store.apply(documentId, `append ${this.holder} ${from}`, (head) => {
      if (head?.fence !== fence || head.size !== from) return 'unchanged';
      return { state: { ...head, ...next, leaseUntil: this.now() + leaseMs }, events: [] };
    });
    if (state?.fence !== fence || state.size !== next.size || state.root !== next.root) throw lost(fence, state);
  }

  /** Holds the log for another lease. @throws LogRefused `lease_lost` */
  async renew(fence: number): Promise<void> {
    const { state } = await this.store.apply(documentId, `renew ${this.holder} ${this.renewals++}`, (head) => (head?.fence === fence ? { state: { ...head, leaseUntil: this.now() + leaseMs }, events: [] } : 'unchanged'));
    if (state?.fence !== fence) throw lost(fence, state);
  }

  /** Lets the log go, so that a successor need not wait. */
  async release(fence: number): Promise<void> {
    await this.store.apply(documentId, `release ${this.holder} ${this.renewals++}`, (head) => (head?.fence === fence ? { state: { ...head, leaseUntil: 0 }, events: [] } : 'unchanged'));
  }
}

const lost = (fence: number, head: Head | undefined): LogRefused =>
  new LogRefused('lease_lost', `this process may no longer write the log: it held it under fence ${fence}, the database has ${head ? `fence ${head.fence} and size ${head.size}` : 'no head'}`, { fence });
