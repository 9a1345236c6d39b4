// SPDX-License-Identifier: Apache-2.0
// When a hole in the numbers of a process is a gap. Partitions are read at their own pace, so a hole means nothing until
// everything that the brokers had appended when it was noticed has been read, and then some.
import type { Gap } from '@nervus/verifier';

/** What became of a gap. */
export interface GapChange {
  readonly gap: Gap;
  readonly status: 'open' | 'filled' | 'recovered';
}

interface Watched {
  readonly gap: Gap;
  readonly noticedAt: number;
  /** When everything that was written at `noticedAt` had been read; undefined before. */
  readonly caughtUpAt: number | undefined;
  readonly declared: boolean;
}

export class GapWatch {
  private watched: Watched[] = [];
  private readonly recovered = new Set<string>();

  /** @param graceMs how long a number may be missing after all partitions were read to their end, in milliseconds */
  constructor(private readonly graceMs = 30_000) {}

  /** Whether there is a hole of which it is not known yet what it is: only then must ends be asked. */
  get isWatching(): boolean {
    return this.watched.length > 0;
  }

  /** Processes with a gap that is open, named as {@link processOf} does. */
  brokenProcesses(): Set<string> {
    return new Set(this.watched.filter(({ declared }) => declared).map(({ gap }) => `${gap.producer} ${gap.epoch}`));
  }

  /**
   * Looks at the holes as they are now.
   * @param settledThrough everything appended up to this instant is in the log, in milliseconds since the epoch
   */
  look(gaps: readonly Gap[], now: number, settledThrough: number): GapChange[] {
    const changes: GapChange[] = [];
    const open = gaps.filter(({ state }) => state === 'open');
    const lifted = gaps.filter(({ state }) => state === 'recovered');
    const before = this.watched;
    this.watched = open.map((gap) => {
      // What is left of a hole that was partly filled is as old as the hole was.
      const known = before.find((watched) => overlaps(watched.gap, gap));
      const noticedAt = known?.noticedAt ?? now;
      const caughtUpAt = known?.caughtUpAt ?? (settledThrough >= noticedAt ? now : undefined);
      const declared = known?.declared ?? false;
      const isGap = declared || (caughtUpAt !== undefined && now - caughtUpAt >= this.graceMs);
      if (isGap && !(declared && sameRange(known?.gap, gap))) changes.push({ gap, status: 'open' });
      return { gap, noticedAt, caughtUpAt, declared: isGap };
    });
    for (const { gap, declared } of before) {
      if (!declared || open.some((hole) => sameRange(hole, gap))) continue;
      changes.push({ gap, status: lifted.some((hole) => overlaps(hole, gap)) ? 'recovered' : 'filled' });
    }
    for (const gap of lifted) {
      const name = `${gap.producer} ${gap.epoch} ${gap.from} ${gap.to}`;
      if (this.recovered.has(name)) continue;
      this.recovered.add(name);
      changes.push({ gap, status: 'recovered' });
    }
    return changes;
  }
}

const sameProcess = (a: Gap, b: Gap): boolean => a.producer === b.producer && a.epoch === b.epoch;
const overlaps = (a: Gap, b: Gap): boolean => sameProcess(a, b) && a.from <= b.to && b.from <= a.to;
const sameRange = (a: Gap | undefined, b: Gap): boolean => a !== undefined && sameProcess(a, b) && a.from === b.from && a.to === b.to;
