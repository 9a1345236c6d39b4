// SPDX-License-Identifier: Apache-2.0
// The right edge of a growing tree: the roots of its complete subtrees, one per bit of its size, the largest first.
// It is all that an append needs, so that a log of any size keeps a few dozen hashes in memory.
import { FormatError } from './errors.js';
import { checkHash, checkSize, emptyRoot, hashChildren, hashSize } from './merkle.js';

/** What to store of a frontier. */
export interface FrontierState {
  /** Leaves in the tree. */
  readonly size: number;
  /** Roots of the complete subtrees, largest first: as many as `size` has one bits. */
  readonly hashes: readonly Uint8Array[];
}

/** A tree of which only the right edge is kept. Appending costs O(log n) at most, two hashes on average. */
export class Frontier {
  private constructor(
    private leaves: number,
    private readonly peaks: Uint8Array[],
  ) {}

  static empty(): Frontier {
    return new Frontier(0, []);
  }

  /** Goes on from a stored state. @throws FormatError `frontier_malformed` when hashes and size do not fit */
  static from({ size, hashes }: FrontierState): Frontier {
    checkSize(size, 'frontier size');
    const expected = oneBits(size);
    if (hashes.length !== expected || hashes.some((hash) => hash.length !== hashSize)) {
      throw new FormatError('frontier_malformed', `a frontier of size ${size} has ${expected} hashes of ${hashSize} bytes, found ${hashes.length}`, { size, hashes: hashes.length });
    }
    return new Frontier(size, [...hashes]);
  }

  get size(): number {
    return this.leaves;
  }

  append(leafHash: Uint8Array): void {
    checkHash(leafHash, 'leaf hash');
    let node = leafHash;
    // Like a carry: every complete subtree on the right of equal size is merged into one of twice the size.
    for (let rest = this.leaves; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      const left = this.peaks.pop();
      if (!left) throw new FormatError('frontier_malformed', 'the frontier lacks a hash');
      node = hashChildren(left, node);
    }
    this.peaks.push(node);
    this.leaves++;
  }

  /** The root of the tree so far. */
  root(): Uint8Array {
    return foldPeaks(this.peaks);
  }

  /** An independent copy, to try a batch on. */
  copy(): Frontier {
    return new Frontier(this.leaves, [...this.peaks]);
  }

  state(): FrontierState {
    return { size: this.leaves, hashes: [...this.peaks] };
  }
}

/** The root over complete subtrees, largest first. */
export function foldPeaks(peaks: readonly Uint8Array[]): Uint8Array {
  const last = peaks.at(-1);
  if (!last) return emptyRoot;
  return peaks.slice(0, -1).reduceRight((right, left) => hashChildren(left, right), last);
}

function oneBits(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}
