// SPDX-License-Identifier: Apache-2.0
// Derives every tile of a growing log from its leaf hashes. Of each level only the unfinished tile is kept.
import { Frontier } from './frontier.js';
import { checkHash, merkleRoot } from './merkle.js';
import { readTile } from './tile.js';
import type { Tile, TileReader } from './tile.js';
import { levelWidth, partialTiles, tileWidth } from './tile-paths.js';

interface Level {
  /** Index of the unfinished tile. */
  index: number;
  hashes: Uint8Array[];
}

/** Turns leaf hashes into tiles. */
export class TileBuilder {
  private levels: Level[] = [];
  private finished: Tile[] = [];
  private leaves = 0;

  static empty(): TileBuilder {
    return new TileBuilder();
  }

  /** Goes on where a log of this size ended. @throws TileMissingError or FormatError when its partial tiles cannot be read */
  static async load(reader: TileReader, size: number): Promise<TileBuilder> {
    const builder = new TileBuilder();
    builder.leaves = size;
    for (let level = 0; levelWidth(size, level) > 0; level++) builder.levels.push({ index: Math.floor(levelWidth(size, level) / tileWidth), hashes: [] });
    for (const tile of partialTiles(size)) {
      const level = builder.levels[tile.level];
      if (level) level.hashes = (await readTile(reader, tile)).map((hash) => Uint8Array.from(hash));
    }
    return builder;
  }

  /** Leaves so far. */
  get size(): number {
    return this.leaves;
  }

  append(leafHash: Uint8Array): void {
    checkHash(leafHash, 'leaf hash');
    this.leaves++;
    this.push(0, leafHash);
  }

  /** The tiles that became full since the last call, in the order in which they did. */
  takeFull(): Tile[] {
    const taken = this.finished;
    this.finished = [];
    return taken;
  }

  /** The partial tiles of the log as it is now, lowest level first. */
  partials(): Tile[] {
    return this.levels.flatMap(({ index, hashes }, level) => (hashes.length > 0 ? [{ level, index, width: hashes.length, hashes: [...hashes] }] : []));
  }

  /** The right edge of the tree, from the partial tiles: what {@link TileBuilder.load} found becomes a frontier to append to. */
  frontier(): Frontier {
    const peaks = this.levels.toReversed().flatMap(({ hashes }) => completeSubtrees(hashes));
    return Frontier.from({ size: this.leaves, hashes: peaks });
  }

  private push(height: number, hash: Uint8Array): void {
    const level = (this.levels[height] ??= { index: 0, hashes: [] });
    level.hashes.push(hash);
    if (level.hashes.length < tileWidth) return;
    this.finished.push({ level: height, index: level.index, width: tileWidth, hashes: level.hashes });
    const root = merkleRoot(level.hashes);
    this.levels[height] = { index: level.index + 1, hashes: [] };
    this.push(height + 1, root);
  }
}

/** The roots of the largest complete subtrees over these hashes, from the left. */
function completeSubtrees(hashes: readonly Uint8Array[]): Uint8Array[] {
  const roots: Uint8Array[] = [];
  let start = 0;
  for (let width = tileWidth / 2; width >= 1; width /= 2) {
    if (hashes.length - start < width) continue;
    roots.push(merkleRoot(hashes.slice(start, start + width)));
    start += width;
  }
  return roots;
}
