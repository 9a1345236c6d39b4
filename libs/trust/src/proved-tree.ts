// SPDX-License-Identifier: Apache-2.0
import { hashChildren, hashSize } from '@nervus/transparency-log';

/**
 * What is known to be true of the tree of one signed batch, so that its records are proved by one or two hashes each
 * instead of one for each level.
 *
 * Invariant: a node is known only when it stands on a way, or beside one, that was seen to lead to the root; and with a
 * node all those above it on its way, and beside that, are known too.
 */
export class ProvedTree {
  /** Level by level from the leaves up, 32 bytes each. */
  private readonly hashes: Buffer;
  private readonly known: Uint8Array;

  /** @param size leaves, 1 or more */
  constructor(
    readonly size: number,
    root: Uint8Array,
  ) {
    let nodes = 1;
    for (let width = size; width > 1; width = above(width)) nodes += width;
    this.hashes = Buffer.alloc(nodes * hashSize);
    this.known = new Uint8Array(nodes);
    this.learn(nodes - 1, root);
  }

  /** About how much of memory it takes. */
  get bytes(): number {
    return this.hashes.length + this.known.length;
  }

  /**
   * Whether a leaf, its place and its path lead to the root, exactly as {@link rootFromInclusion} would have it: each
   * hash of the path is held to account, none may be missing or left over.
   */
  holds(leaf: Uint8Array, index: number, path: readonly Uint8Array[]): boolean {
    if (index >= this.size) return false;
    const climbed: [node: number, hash: Uint8Array][] = [];
    let [hash, position, width, level, used] = [leaf, index, this.size, 0, 0];
    while (this.known[level + position] === 0) {
      climbed.push([level + position, hash]);
      const beside = position ^ 1;
      if (beside < width) {
        const sibling = path[used++];
        if (sibling?.length !== hashSize) return false;
        climbed.push([level + beside, sibling]);
        hash = beside < position ? hashChildren(sibling, hash) : hashChildren(hash, sibling);
      }
      [level, position, width] = [level + width, position >> 1, above(width)];
    }
    if (!this.is(level + position, hash)) return false;
    for (; width > 1; [level, position, width] = [level + width, position >> 1, above(width)]) {
      const beside = position ^ 1;
      if (beside >= width) continue;
      const sibling = path[used++];
      if (!sibling || !this.is(level + beside, sibling)) return false;
    }
    if (used !== path.length) return false;
    for (const [node, learned] of climbed) this.learn(node, learned);
    return true;
  }

  private is(node: number, hash: Uint8Array): boolean {
    return hash.length === hashSize && this.hashes.compare(hash, 0, hashSize, node * hashSize, (node + 1) * hashSize) === 0;
  }

  private learn(node: number, hash: Uint8Array): void {
    this.hashes.set(hash, node * hashSize);
    this.known[node] = 1;
  }
}

/** Nodes of the level above one of so many: a last odd one rises as it is. */
const above = (width: number): number => (width + 1) >> 1;
