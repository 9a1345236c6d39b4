// SPDX-License-Identifier: Apache-2.0
// The full check of a log: every entry is replayed to the root, and every tile, full and partial, on every level is
// compared with what the entries give. Both are needed: a replay alone never looks at tiles, and a reader that
// authenticates tiles through their parents can accept a corrupted level-0 tile.
//
// Where a bundle and its level-0 tile disagree, the parent tile or the trusted root says which of them is wrong;
// where neither can, both are named.
import { sameBytes } from './bytes.js';
import { FormatError, TileMissingError } from './errors.js';
import { Frontier } from './frontier.js';
import { checkSize, hashLeaf, merkleRoot } from './merkle.js';
import { readBundle, readTile } from './tile.js';
import type { TileReader } from './tile.js';
import { TileBuilder } from './tile-builder.js';
import { bundlePath, levelWidth, tileIn, tilePath, tileWidth } from './tile-paths.js';
import type { TileAddress } from './tile-paths.js';

/** One file of the log that is not as it must be. */
export interface LogFault {
  readonly path: string;
  readonly problem: 'missing' | 'malformed' | 'mismatch';
  /** What was found and expected. */
  readonly detail: string;
  /** For bundles and level-0 tiles: the entries concerned. */
  readonly indexes: readonly number[];
}

/** What a walk over a log found. */
export interface Replay {
  readonly size: number;
  /** Entries whose bundles could be read. Below `size` the check is incomplete, whatever the faults say. */
  readonly entriesWalked: number;
  /** Whether every tile of every level was looked at. */
  readonly tilesWalked: boolean;
  /** The root over the entries; `undefined` unless all were walked. */
  readonly root: Uint8Array | undefined;
  /** The roots at the earlier sizes asked for, as far as all entries before them were walked. */
  readonly roots: ReadonlyMap<number, Uint8Array>;
  readonly faults: readonly LogFault[];
}

/** How to walk. */
export interface ReplayOptions {
  /** The root of a verified checkpoint of this size: it settles which of the last bundle and the last partial tile is wrong. */
  readonly trustedRoot?: Uint8Array;
  /** Earlier sizes, such as those of archived checkpoints: their roots are computed on the way, which proves consistency. */
  readonly rootsAt?: Iterable<number>;
  /** Called for each bundle in order with what it really holds; bundles that cannot be read are left out. */
  readonly onEntries?: (first: number, entries: readonly Uint8Array[], leafHashes: readonly Uint8Array[]) => void | Promise<void>;
}

/**
 * Walks the first `size` entries and all of their tiles. Faults are reported, never thrown; only the reader's own errors are.
 * The caller compares `root` with a signed checkpoint: without that, a log is merely consistent in itself.
 */
export async function replayLog(reader: TileReader, size: number, options: ReplayOptions = {}): Promise<Replay> {
  checkSize(size, 'tree size');
  return new Walk(reader, size, options).run();
}

class Walk {
  private readonly faults: LogFault[] = [];
  private readonly roots = new Map<number, Uint8Array>();
  private readonly sizes: number[];
  private readonly fromEntries = Frontier.empty();
  private readonly builder = TileBuilder.empty();
  private entriesWalked = 0;

  constructor(
    private readonly reader: TileReader,
    private readonly size: number,
    private readonly options: ReplayOptions,
  ) {
    this.sizes = [...new Set(options.rootsAt ?? [])].filter((at) => at <= size).toSorted((a, b) => a - b);
  }

  async run(): Promise<Replay> {
    this.noteRoot();
    let tilesWalked = true;
    for (let index = 0; index * tileWidth < this.size; index++) {
      const hashes = await this.walkBundle(index);
      if (!hashes) {
        // Neither bundle nor tile: nothing above this place can be computed.
        tilesWalked = false;
        await this.walkEntriesOnly(index + 1);
        break;
      }
      for (const hash of hashes) this.builder.append(hash);
      for (const tile of this.builder.takeFull()) if (tile.level > 0) await this.compare(tile, tile.hashes);
    }
    if (tilesWalked) for (const tile of this.builder.partials()) if (tile.level > 0) await this.compare(tile, tile.hashes);
    const complete = this.entriesWalked === this.size;
    return { size: this.size, entriesWalked: this.entriesWalked, tilesWalked, root: complete ? this.fromEntries.root() : undefined, roots: this.roots, faults: this.faults };
  }

  /** Reads one bundle and its level-0 tile; gives the leaf hashes to go on with, `undefined` when neither has them. */
  private async walkBundle(index: number): Promise<readonly Uint8Array[] | undefined> {
    const tile = this.tileAt(index);
    const fromEntries = await this.walkEntries(index, tile.width);
    const stored = await this.read(tilePath(tile), tile, () => readTile(this.reader, tile));
    if (!fromEntries || !stored) return fromEntries ?? stored;
    const differing = fromEntries.flatMap((hash, i) => (sameBytes(hash, stored[i] ?? hash.subarray(1)) ? [] : [index * tileWidth + i]));
    if (differing.length === 0) return fromEntries;
    const isRight = await this.judge(tile);
    const tileIsRight = isRight(stored);
    const bundleIsRight = isRight(fromEntries);
    if (!bundleIsRight) this.faults.push({ path: bundlePath(index, tile.width), problem: 'mismatch', detail: `${differing.length} entries do not hash to what the level-0 tile has`, indexes: differing });
    if (!tileIsRight) this.faults.push({ path: tilePath(tile), problem: 'mismatch', detail: `${differing.length} hashes are not those of the entries`, indexes: differing });
    return tileIsRight ? stored : fromEntries;
  }

  private async walkEntries(index: number, width: number): Promise<Uint8Array[] | undefined> {
    const first = index * tileWidth;
    const entries = await this.read(bundlePath(index, width), { level: 0, index, width }, () => readBundle(this.reader, index, width));
    if (!entries) return undefined;
    const hashes = entries.map(hashLeaf);
    // Roots are known only as long as no bundle before was missing.
    const unbroken = this.fromEntries.size === first;
    for (const hash of hashes) {
      if (!unbroken) break;
      this.fromEntries.append(hash);
      this.noteRoot();
    }
    this.entriesWalked += entries.length;
    await this.options.onEntries?.(first, entries, hashes);
    return hashes;
  }

  private async walkEntriesOnly(from: number): Promise<void> {
    for (let index = from; index * tileWidth < this.size; index++) await this.walkEntries(index, this.tileAt(index).width);
  }

  private async compare(tile: TileAddress, expected: readonly Uint8Array[]): Promise<void> {
    const stored = await this.read(tilePath(tile), tile, () => readTile(this.reader, tile));
    const differing = stored?.filter((hash, i) => !sameBytes(hash, expected[i] ?? hash.subarray(1))).length ?? 0;
    if (differing > 0) this.faults.push({ path: tilePath(tile), problem: 'mismatch', detail: `${differing} hashes are not the roots of the tiles below`, indexes: [] });
  }

  /** Tells which leaf hashes of a level-0 tile are the right ones: by its parent, or for the last and partial one by the trusted root. */
  private async judge(tile: TileAddress): Promise<(hashes: readonly Uint8Array[]) => boolean> {
    const trusted = this.options.trustedRoot;
    if (tile.width < tileWidth) {
      if (!trusted) return () => false;
      const before = this.builder.frontier();
      return (hashes) => {
        const frontier = before.copy();
        for (const hash of hashes) frontier.append(hash);
        return sameBytes(frontier.root(), trusted);
      };
    }
    const parent = tileIn(this.size, 1, Math.floor(tile.index / tileWidth));
    if (!parent) return () => false;
    try {
      const expected = (await readTile(this.reader, parent))[tile.index % tileWidth];
      return (hashes) => expected !== undefined && sameBytes(merkleRoot(hashes), expected);
    } catch (error) {
      // Reported when that tile's own turn comes.
      if (error instanceof TileMissingError || error instanceof FormatError) return () => false;
      throw error;
    }
  }

  private async read<T>(path: string, { level, index, width }: TileAddress, reading: () => Promise<T>): Promise<T | undefined> {
    try {
      return await reading();
    } catch (error) {
      if (!(error instanceof TileMissingError || error instanceof FormatError)) throw error;
      const indexes = level === 0 ? Array.from({ length: width }, (_, i) => index * tileWidth + i) : [];
      this.faults.push({ path, problem: error instanceof FormatError ? 'malformed' : 'missing', detail: error.message, indexes });
      return undefined;
    }
  }

  private tileAt(index: number): TileAddress {
    return { level: 0, index, width: Math.min(tileWidth, levelWidth(this.size, 0) - index * tileWidth) };
  }

  private noteRoot(): void {
    while (this.sizes[0] === this.fromEntries.size) this.roots.set(this.sizes.shift() ?? 0, this.fromEntries.root());
  }
}
