// SPDX-License-Identifier: Apache-2.0
// Proofs from tiles alone: each costs a few tiles per level, whatever the size of the log.
// They are computed, not checked: whoever receives one verifies it against a signed checkpoint.
import { consistencyRanges } from './consistency.js';
import type { Subtree } from './consistency.js';
import { ProofError } from './errors.js';
import { checkSize, emptyRoot, hashChildren, merkleRoot, splitPoint } from './merkle.js';
import { readTile } from './tile.js';
import type { TileReader } from './tile.js';
import { levelWidth, tileIn, tilePath, tileWidth } from './tile-paths.js';

/** The hashes beside the way from leaf `index` to the root of the first `size` leaves. @throws ProofError, TileMissingError, FormatError */
export async function proveInclusion(reader: TileReader, index: number, size: number): Promise<Uint8Array[]> {
  checkSize(size, 'tree size', 1);
  checkSize(index, 'leaf index');
  if (index >= size) throw new ProofError('proof_range', `leaf index ${index} is not inside a tree of size ${size}`, { index, size });
  const beside: Subtree[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const split = start + splitPoint(end - start);
    if (index < split) {
      beside.push({ start: split, end });
      end = split;
    } else {
      beside.push({ start, end: split });
      start = split;
    }
  }
  return subtreeRoots(reader, beside.toReversed(), size);
}

/** The proof that the first `oldSize` leaves are a prefix of the first `newSize`. @throws ProofError, TileMissingError, FormatError */
export async function proveConsistency(reader: TileReader, oldSize: number, newSize: number): Promise<Uint8Array[]> {
  checkSize(oldSize, 'old size', 1);
  checkSize(newSize, 'new size', oldSize);
  return subtreeRoots(reader, consistencyRanges({ start: 0, end: oldSize }, newSize), newSize);
}

/** The root of the first `size` leaves as the tiles have it. @throws ProofError, TileMissingError, FormatError */
export async function rootFromTiles(reader: TileReader, size: number): Promise<Uint8Array> {
  checkSize(size, 'tree size');
  const [root = emptyRoot] = size === 0 ? [] : await subtreeRoots(reader, [{ start: 0, end: size }], size);
  return root;
}

async function subtreeRoots(reader: TileReader, subtrees: readonly Subtree[], size: number): Promise<Uint8Array[]> {
  const tiles = new Map<string, Promise<Uint8Array[]>>();
  const hashesOf = async (level: number, index: number): Promise<Uint8Array[]> => {
    const tile = tileIn(size, level, index);
    if (!tile) throw new ProofError('proof_range', `a tree of size ${size} has no tile ${index} on level ${level}`, { level, index, size });
    const path = tilePath(tile);
    const reading = tiles.get(path) ?? readTile(reader, tile);
    tiles.set(path, reading);
    return reading;
  };
  const rootOf = async ({ start, end }: Subtree): Promise<Uint8Array> => {
    const width = end - start;
    if (width > 1 && 2 * splitPoint(width) !== width) {
      const split = start + splitPoint(width);
      return hashChildren(await rootOf({ start, end: split }), await rootOf({ start: split, end }));
    }
    // A complete subtree is hashed from the lowest hashes of the one tile that spans it.
    const level = Math.floor(Math.log2(width) / 8);
    const count = width / tileWidth ** level;
    const first = levelWidth(start, level);
    const hashes = await hashesOf(level, Math.floor(first / tileWidth));
    return merkleRoot(hashes.slice(first % tileWidth, (first % tileWidth) + count));
  };
  const roots: Uint8Array[] = [];
  for (const subtree of subtrees) roots.push(await rootOf(subtree));
  return roots;
}
