// SPDX-License-Identifier: Apache-2.0
// Invariant: what a request may occupy is taken before its body is read and given back only when the signal it became
// is acknowledged or given up, never when its sender merely stopped waiting. So memory is bounded, and the age of the
// oldest pending signal says whether Kafka answers.

import { Refusal } from '@nervus/sources';

export interface RoomLimits {
  /** Events in hand. */
  readonly records: number;
  /** Bytes of their bodies. */
  readonly bytes: number;
  /** Milliseconds after which an unacknowledged signal means that nothing more is taken. */
  readonly stalledMs: number;
}

/** What one request occupies. */
export interface Place {
  /** The body was read and has so many bytes. */
  hasBytes(bytes: number): void;
  /** The body holds so many events. @throws Refusal 503 when there is no room for them */
  holdsEvents(events: number): void;
  /** What it became is on its way to Kafka. */
  pendingSince(nowMs: number): void;
  /** Gives the place back; the second call changes nothing. */
  leave(): void;
}

/** Bounds on what is in hand: for all sources together, and for each at most half, so that none starves another. */
export class Room {
  private readonly all = { records: 0, bytes: 0 };
  private readonly bySource = new Map<string, Count>();
  private readonly pending = new Map<object, number>();

  constructor(private readonly limits: RoomLimits) {}

  get inHand(): { readonly records: number; readonly bytes: number } {
    return this.all;
  }

  /** @throws Refusal 503 `overloaded` when there is no room, `broker_unavailable` when Kafka does not acknowledge */
  enter(source: string, bytes: number, nowMs: number): Place {
    const { limits } = this;
    const [oldest] = this.pending.values();
    if (oldest !== undefined && nowMs - oldest > limits.stalledMs) throw new Refusal(503, 'broker_unavailable', 'Signals taken before are not acknowledged yet: nothing more is taken until they are. Send this event again later.', 5);
    const own = this.bySource.get(source) ?? { records: 0, bytes: 0 };
    if (!this.hasRoom(own, 1, bytes)) throw full();
    this.bySource.set(source, own);
    return this.place(own, bytes);
  }

  private hasRoom(own: Count, records: number, bytes: number): boolean {
    const { limits } = this;
    return fits(this.all, records, bytes, limits) && fits(own, records, bytes, { records: Math.ceil(limits.records / 2), bytes: Math.ceil(limits.bytes / 2) });
  }

  private place(own: Count, reserved: number): Place {
    const ticket = {};
    let held = reserved;
    let events = 1;
    let left = false;
    const add = (records: number, bytes: number): void => {
      for (const count of [this.all, own]) {
        count.records += records;
        count.bytes += bytes;
      }
    };
    add(1, reserved);
    return {
      hasBytes: (bytes) => {
        if (left) return;
        add(0, bytes - held);
        held = bytes;
      },
      holdsEvents: (count) => {
        if (left) return;
        if (count > events && !this.hasRoom(own, count - events, 0)) throw full();
        add(count - events, 0);
        events = count;
      },
      pendingSince: (nowMs) => {
        if (!left) this.pending.set(ticket, nowMs);
      },
      leave: () => {
        if (left) return;
        left = true;
        add(-events, -held);
        this.pending.delete(ticket);
      },
    };
  }
}

interface Count {
  records: number;
  bytes: number;
}

const fits = (count: Readonly<Count>, records: number, bytes: number, limits: Readonly<Count>): boolean => count.records + records <= limits.records && (count.bytes + bytes <= limits.bytes || count.records === 0);

const full = (): Refusal => new Refusal(503, 'overloaded', 'As many events are in hand as there is room for. Send this event again later.', 1);
