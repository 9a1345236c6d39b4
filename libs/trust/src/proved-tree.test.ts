// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashLeaf, merkleTree } from '@nervus/transparency-log';
import { ProvedTree } from './proved-tree.js';

const leavesOf = (size: number): Uint8Array[] => Array.from({ length: size }, (_, n) => hashLeaf(Buffer.from(String(n))));

/** A tree in which the records of `seen` were proved before, and its leaves and paths. */
function seen(size: number, indexes: readonly number[]) {
  const leaves = leavesOf(size);
  const whole = merkleTree(leaves);
  const tree = new ProvedTree(size, whole.root);
  const pathOf = (index: number): Uint8Array[] => whole.inclusionPath(index);
  for (const index of indexes) expect(tree.holds(leaves[index]!, index, pathOf(index))).toBe(true);
  return { tree, leaves, pathOf };
}

const flipped = (hash: Uint8Array): Buffer => Buffer.from(hash.map((byte, n) => (n === 7 ? byte ^ 1 : byte)));
const sizeAndSeen = fc.integer({ min: 1, max: 70 }).chain((size) => fc.tuple(fc.constant(size), fc.array(fc.nat({ max: size - 1 }), { maxLength: 12 }), fc.nat({ max: size - 1 })));

describe('a tree of which some records were proved', () => {
  it('holds every record of it, in whatever order they come, in trees of every shape', () => {
    for (let size = 1; size <= 40; size++) {
      const ascending = Array.from({ length: size }, (_, n) => n);
      seen(size, ascending);
      seen(size, ascending.toReversed());
    }
    fc.assert(fc.property(sizeAndSeen, ([size, before, index]) => void seen(size, [...before, index])));
  });

  it('holds no other leaf, and no leaf in another place', () => {
    fc.assert(
      fc.property(sizeAndSeen, ([size, before, index]) => {
        const { tree, leaves, pathOf } = seen(size, before);
        expect(tree.holds(flipped(leaves[index]!), index, pathOf(index))).toBe(false);
        for (let other = 0; other < size; other++) if (other !== index) expect(tree.holds(leaves[index]!, other, pathOf(index))).toBe(false);
        expect(tree.holds(leaves[index]!, size, pathOf(index))).toBe(false);
      }),
    );
  });

  it('takes no hash of a path on trust: each changed, missing or added one is seen, however much is known', () => {
    fc.assert(
      fc.property(sizeAndSeen, fc.boolean(), ([size, before, index], also) => {
        const { tree, leaves, pathOf } = seen(size, also ? [...before, index] : before);
        const path = pathOf(index);
        for (let at = 0; at < path.length; at++) {
          expect(tree.holds(leaves[index]!, index, path.with(at, flipped(path[at]!)))).toBe(false);
          expect(tree.holds(leaves[index]!, index, path.toSpliced(at, 1))).toBe(false);
          expect(tree.holds(leaves[index]!, index, path.with(at, path[at]!.subarray(1)))).toBe(false);
        }
        expect(tree.holds(leaves[index]!, index, [...path, Buffer.alloc(32)])).toBe(false);
      }),
    );
  });

  it('learns nothing from what it refused', () => {
    fc.assert(
      fc.property(sizeAndSeen, ([size, before, index]) => {
        const { tree, leaves, pathOf } = seen(size, before);
        const path = pathOf(index);
        tree.holds(flipped(leaves[index]!), index, path);
        for (let at = 0; at < path.length; at++) tree.holds(leaves[index]!, index, path.with(at, flipped(path[at]!)));
        for (let each = 0; each < size; each++) expect(tree.holds(leaves[each]!, each, pathOf(each))).toBe(true);
      }),
    );
  });
});
