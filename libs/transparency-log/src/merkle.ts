// SPDX-License-Identifier: Apache-2.0
// The Merkle tree of RFC 6962 section 2.1 (unchanged in RFC 9162): leaves and nodes are hashed under different prefixes,
// and a tree of n leaves splits at the largest power of two below n. The verifying functions are written like that
// definition, recursive in the split, so that the required length of a proof follows by itself.
// Sizes and indexes are plain numbers up to 2^53 - 1; anything else is refused.
import { hex, sameBytes } from './bytes.js';
import { ProofError } from './errors.js';
import { sha256 } from './sha256.js';

/** Bytes in every hash of the tree. */
export const hashSize = 32;

/** The root of a tree without leaves: SHA-256 of nothing. */
export const emptyRoot: Uint8Array = sha256(new Uint8Array(0));

// Hashing is synchronous and copies out, so that one scratch buffer serves all calls.
const nodeInput = new Uint8Array(1 + 2 * hashSize);
nodeInput[0] = 1;
const leafInput = new Uint8Array(1 + 65_535);

/** The hash of one entry: SHA-256(0x00 || data). */
export function hashLeaf(data: Uint8Array): Uint8Array {
  const input = data.length < leafInput.length ? leafInput.subarray(0, data.length + 1) : new Uint8Array(data.length + 1);
  input.set(data, 1);
  return sha256(input);
}

/**
 * The hash of an inner node: SHA-256(0x01 || left || right).
 * @throws ProofError `hash_length` when a child is not 32 bytes, because the boundary between them would be ambiguous.
 */
export function hashChildren(left: Uint8Array, right: Uint8Array): Uint8Array {
  checkHash(left, 'left child');
  checkHash(right, 'right child');
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + hashSize);
  return sha256(nodeInput);
}

/** Refuses what is not 32 bytes. */
export function checkHash(hash: Uint8Array, what: string): void {
  if (hash.length !== hashSize) throw new ProofError('hash_length', `${what} has ${hash.length} bytes, expected ${hashSize}`, { length: hash.length });
}

/** Refuses what is not a whole number from `least` to 2^53 - 1. */
export function checkSize(size: number, what: string, least = 0): void {
  if (!Number.isSafeInteger(size) || size < least) throw new ProofError('proof_range', `${what} is ${size}, expected a whole number from ${least} to 2^53 - 1`, { size });
}

/** Where a tree of `size` leaves (2 or more) splits: the largest power of two below `size`. */
export function splitPoint(size: number): number {
  const last = size - 1;
  const high = Math.floor(last / 2 ** 32);
  return high === 0 ? 2 ** (31 - Math.clz32(last)) : 2 ** (63 - Math.clz32(high));
}

/** A tree held in memory, for batches: made once in O(n), after which every path costs O(log n). */
export interface MerkleTree {
  readonly size: number;
  readonly root: Uint8Array;
  /** The hashes beside the way from leaf `index` to the root, lowest first. */
  inclusionPath(index: number): Uint8Array[];
}

/** Builds a tree over leaf hashes (32 bytes each). */
export function merkleTree(leafHashes: readonly Uint8Array[]): MerkleTree {
  // Pairing from below and letting a last odd node rise gives the same tree as splitting from above.
  const levels: (readonly Uint8Array[])[] = [leafHashes];
  for (let level = leafHashes; level.length > 1; levels.push(level)) level = parents(level);
  const root = levels.at(-1)?.[0] ?? emptyRoot;
  checkHash(root, 'root');
  return {
    size: leafHashes.length,
    root,
    inclusionPath(index) {
      checkIndex(index, leafHashes.length);
      const path: Uint8Array[] = [];
      let position = index;
      for (const level of levels) {
        const sibling = level[position % 2 === 0 ? position + 1 : position - 1];
        if (sibling) path.push(sibling);
        position = Math.floor(position / 2);
      }
      return path;
    },
  };
}

function parents(level: readonly Uint8Array[]): Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let i = 0; i < level.length; i += 2) {
    const [left, right] = [level[i], level[i + 1]];
    if (left) above.push(right ? hashChildren(left, right) : left);
  }
  return above;
}

/** The root over leaf hashes. */
export function merkleRoot(leafHashes: readonly Uint8Array[]): Uint8Array {
  return merkleTree(leafHashes).root;
}

/** The inclusion path of one leaf. For the paths of a whole batch use {@link merkleTree}, which hashes once. */
export function inclusionPath(leafHashes: readonly Uint8Array[], index: number): Uint8Array[] {
  return merkleTree(leafHashes).inclusionPath(index);
}

/**
 * The root that a leaf, its place and its path lead to (RFC 9162 section 2.1.3.2).
 * @throws ProofError `proof_range`, `proof_length` or `hash_length`
 */
export function rootFromInclusion(leafHash: Uint8Array, index: number, size: number, path: readonly Uint8Array[]): Uint8Array {
  checkSize(size, 'tree size', 1);
  checkIndex(index, size);
  checkHash(leafHash, 'leaf hash');
  const proof = new ProofHashes(path);
  const climb = (at: number, width: number): Uint8Array => {
    if (width === 1) return leafHash;
    const split = splitPoint(width);
    const sibling = proof.takeTop();
    return at < split ? hashChildren(climb(at, split), sibling) : hashChildren(sibling, climb(at - split, width - split));
  };
  const root = climb(index, size);
  proof.finish();
  return root;
}

/**
 * Proves that the leaf is the one at `index` of the tree with this size and root, or throws.
 * @throws ProofError
 */
export function verifyInclusion(leafHash: Uint8Array, index: number, size: number, path: readonly Uint8Array[], root: Uint8Array): void {
  checkRoot(rootFromInclusion(leafHash, index, size, path), root, 'root');
}

/** Compares a computed root with the one expected. */
export function checkRoot(computed: Uint8Array, expected: Uint8Array, what: string): void {
  if (!sameBytes(computed, expected)) {
    throw new ProofError('root_mismatch', `the proof leads to the ${what} ${hex(computed)}, expected ${hex(expected)}`, { computed: hex(computed), expected: hex(expected) });
  }
}

function checkIndex(index: number, size: number): void {
  checkSize(index, 'leaf index');
  if (index >= size) throw new ProofError('proof_range', `leaf index ${index} is not inside a tree of size ${size}`, { index, size });
}

/** The hashes of a proof, taken from the top of the tree down; every one must be used. */
export class ProofHashes {
  private left: number;

  constructor(private readonly hashes: readonly Uint8Array[]) {
    this.left = hashes.length;
  }

  takeTop(): Uint8Array {
    const hash = this.hashes[--this.left];
    if (!hash) throw new ProofError('proof_length', `the proof has ${this.hashes.length} hashes, too few for this index and size`, { length: this.hashes.length });
    return hash;
  }

  finish(): void {
    if (this.left !== 0) throw new ProofError('proof_length', `the proof has ${this.hashes.length} hashes, ${this.left} too many for this index and size`, { length: this.hashes.length });
  }
}
