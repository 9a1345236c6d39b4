// SPDX-License-Identifier: Apache-2.0

/** Numbers from `from` to `to`, both included. */
export interface NumberRange {
  readonly from: number;
  readonly to: number;
}

/**
 * A set of whole numbers that is dense but for a few holes: everything below `watermark`, and bounded ranges beyond it.
 * It costs memory per hole, not per number.
 */
export class NumberSet {
  private below = 0;
  /** Ascending, never touching each other nor the watermark. */
  private readonly ranges: { from: number; to: number }[] = [];

  /** @param maxRanges ranges beyond the watermark that are kept apart; a number that would make more is refused */
  constructor(private readonly maxRanges = 10_000) {}

  /** All numbers below it are in the set. */
  get watermark(): number {
    return this.below;
  }

  /** The highest number in the set; -1 when it is empty. */
  get highest(): number {
    return this.ranges.at(-1)?.to ?? this.below - 1;
  }

  has(n: number): boolean {
    if (n < this.below) return n >= 0;
    const range = this.ranges[this.firstEndingAtOrAfter(n)];
    return range !== undefined && range.from <= n;
  }

  /** Puts a number in. `full`: it would make one range more than are kept. */
  add(n: number): 'added' | 'present' | 'full' {
    if (this.has(n)) return 'present';
    if (n === this.below) {
      this.below++;
      this.absorb();
      return 'added';
    }
    const at = this.firstEndingAtOrAfter(n);
    const [before, after] = [this.ranges[at - 1], this.ranges[at]];
    const joinsBefore = before !== undefined && before.to === n - 1;
    const joinsAfter = after !== undefined && after.from === n + 1;
    if (joinsBefore && joinsAfter) {
      before.to = after.to;
      this.ranges.splice(at, 1);
    } else if (joinsBefore) {
      before.to = n;
    } else if (joinsAfter) {
      after.from = n;
    } else if (this.ranges.length >= this.maxRanges) {
      return 'full';
    } else {
      this.ranges.splice(at, 0, { from: n, to: n });
    }
    return 'added';
  }

  /** What is missing below the highest number, ascending. */
  holes(): NumberRange[] {
    let next = this.below;
    return this.ranges.map(({ from, to }) => {
      const hole = { from: next, to: from - 1 };
      next = to + 1;
      return hole;
    });
  }

  /** Whether anything is missing below the highest number. */
  get broken(): boolean {
    return this.ranges.length > 0;
  }

  private absorb(): void {
    const [first] = this.ranges;
    if (first?.from !== this.below) return;
    this.below = first.to + 1;
    this.ranges.shift();
  }

  /** Index of the first range that does not lie wholly below n. */
  private firstEndingAtOrAfter(n: number): number {
    let [low, high] = [0, this.ranges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ranges[middle]?.to ?? 0) < n) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
