// SPDX-License-Identifier: Apache-2.0
// Proofs that one tree, or an aligned part of it, is contained in a larger one. Consistency (RFC 9162 section 2.1.4) is the
// case of a part that begins at 0; aligned parts are the subtrees of draft-ietf-plants-merkle-tree-certs section 4.
import { ProofError } from './errors.js';
import { checkHash, checkRoot, checkSize, emptyRoot, hashChildren, merkleRoot, ProofHashes, rootFromInclusion, splitPoint } from './merkle.js';

/** Half-open range of leaves `[start, end)`. Valid as a subtree when `start` is a multiple of the power of two at or above its width. */
export interface Subtree {
  readonly start: number;
  readonly end: number;
}

/** The proof that the tree over the first `oldSize` of these leaves is a prefix of the tree over all of them. */
export function consistencyProof(leafHashes: readonly Uint8Array[], oldSize: number): Uint8Array[] {
  checkSize(oldSize, 'old size', 1);
  return subtreeConsistencyProof(leafHashes, { start: 0, end: oldSize });
}

/**
 * Proves that the tree `(oldSize, oldRoot)` is a prefix of `(newSize, newRoot)`, or throws.
 * An empty old tree is refused: every tree contains it, so that the proof would say nothing about `oldRoot`.
 * @throws ProofError
 */
export function verifyConsistency(oldSize: number, newSize: number, proof: readonly Uint8Array[], oldRoot: Uint8Array, newRoot: Uint8Array): void {
  checkSize(oldSize, 'old size', 1);
  verifySubtreeConsistency({ start: 0, end: oldSize }, newSize, proof, oldRoot, newRoot);
}

/** The proof that the subtree over `[start, end)` is part of the tree over all of these leaves. */
export function subtreeConsistencyProof(leafHashes: readonly Uint8Array[], subtree: Subtree): Uint8Array[] {
  checkSubtree(subtree, leafHashes.length);
  if (subtree.start === subtree.end) return [];
  return consistencyRanges(subtree, leafHashes.length).map((range) => merkleRoot(leafHashes.slice(range.start, range.end)));
}

/**
 * The subtrees whose roots make up a consistency proof, in its order: for those who keep tiles and not leaf hashes.
 * @param subtree a valid subtree with at least one leaf
 */
export function consistencyRanges(subtree: Subtree, size: number): Subtree[] {
  const ranges: Subtree[] = [];
  // `from` is where the tree looked at begins; `known` says that the verifier has the root of what remains.
  const walk = (start: number, end: number, width: number, known: boolean, from: number): void => {
    if (start === 0 && end === width) {
      if (!known) ranges.push({ start: from, end: from + width });
      return;
    }
    const split = splitPoint(width);
    if (end <= split) {
      walk(start, end, split, known, from);
      ranges.push({ start: from + split, end: from + width });
    } else {
      const right = start >= split;
      walk(right ? start - split : 0, end - split, width - split, right && known, from + split);
      ranges.push({ start: from, end: from + split });
    }
  };
  walk(subtree.start, subtree.end, size, true, 0);
  return ranges;
}

/**
 * Proves that `subtreeRoot` over `[start, end)` is part of the tree `(size, root)`, or throws.
 * @throws ProofError
 */
export function verifySubtreeConsistency(subtree: Subtree, size: number, proof: readonly Uint8Array[], subtreeRoot: Uint8Array, root: Uint8Array): void {
  checkSubtree(subtree, size);
  const hashes = new ProofHashes(proof);
  if (subtree.start === subtree.end) {
    hashes.finish();
    checkRoot(emptyRoot, subtreeRoot, 'root of the empty subtree');
    return;
  }
  // Gives the subtree's and the tree's root as the proof has them; the same walk as in consistencyRanges.
  const climb = (start: number, end: number, width: number, known: boolean): readonly [Uint8Array, Uint8Array] => {
    if (start === 0 && end === width) {
      const here = known ? subtreeRoot : hashes.takeTop();
      return [here, here];
    }
    const split = splitPoint(width);
    const beside = hashes.takeTop();
    if (end <= split) {
      const [inner, outer] = climb(start, end, split, known);
      return [inner, hashChildren(outer, beside)];
    }
    if (start >= split) {
      const [inner, outer] = climb(start - split, end - split, width - split, known);
      return [inner, hashChildren(beside, outer)];
    }
    const [inner, outer] = climb(0, end - split, width - split, false);
    return [hashChildren(beside, inner), hashChildren(beside, outer)];
  };
  const [inner, outer] = climb(subtree.start, subtree.end, size, true);
  hashes.finish();
  checkRoot(inner, subtreeRoot, 'old root');
  checkRoot(outer, root, 'new root');
}

/**
 * Proves that the leaf is the one at `index` of the log, inside a subtree with this root, or throws.
 * @throws ProofError
 */
export function verifySubtreeInclusion(leafHash: Uint8Array, index: number, subtree: Subtree, path: readonly Uint8Array[], root: Uint8Array): void {
  checkSubtree(subtree, subtree.end);
  checkSize(index, 'leaf index');
  if (index < subtree.start || index >= subtree.end) {
    throw new ProofError('proof_range', `leaf index ${index} is not inside the subtree [${subtree.start}, ${subtree.end})`, { index, ...subtree });
  }
  checkHash(root, 'root');
  checkRoot(rootFromInclusion(leafHash, index - subtree.start, subtree.end - subtree.start, path), root, 'root');
}

function checkSubtree({ start, end }: Subtree, size: number): void {
  checkSize(size, 'tree size');
  checkSize(start, 'subtree start');
  checkSize(end, 'subtree end', start);
  if (end > size) throw new ProofError('proof_range', `the subtree [${start}, ${end}) ends after the tree of size ${size}`, { start, end, size });
  const width = end - start;
  const ceiling = width < 2 ? width : 2 * splitPoint(width);
  if (width > 0 && start % ceiling !== 0) throw new ProofError('proof_range', `[${start}, ${end}) is not a subtree: its start must be a multiple of ${ceiling}`, { start, end });
}
