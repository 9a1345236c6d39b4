// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBundle, encodeBundle } from './bundle.js';
import { consistencyProof, verifyConsistency } from './consistency.js';
import { FormatError, TileMissingError } from './errors.js';
import { Frontier } from './frontier.js';
import { hashLeaf, merkleRoot, merkleTree, verifyInclusion } from './merkle.js';
import { decodeTile, encodeTile } from './tile.js';
import type { Tile, TileReader } from './tile.js';
import { TileBuilder } from './tile-builder.js';
import { allTiles, bundlePath, parseLogPath, partialTiles, tilePath } from './tile-paths.js';
import { proveConsistency, proveInclusion, rootFromTiles } from './tile-proofs.js';

/** Sizes on both sides of every tile edge, and the example of the format's text. */
const edges = [0, 1, 2, 3, 100, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 70_000];
const leafHashes = Array.from({ length: 70_000 }, (_, i) => hashLeaf(Buffer.from(`entry ${i}`)));

class Memory implements TileReader {
  readonly files = new Map<string, Uint8Array>();
  reads = 0;

  write(tiles: readonly Tile[]): void {
    for (const tile of tiles) this.files.set(tilePath(tile), encodeTile(tile.hashes));
  }

  read(path: string): Promise<Uint8Array | undefined> {
    this.reads++;
    return Promise.resolve(this.files.get(path));
  }
}

function logOf(size: number): Memory {
  const memory = new Memory();
  const builder = TileBuilder.empty();
  for (const hash of leafHashes.slice(0, size)) builder.append(hash);
  memory.write(builder.takeFull());
  memory.write(builder.partials());
  return memory;
}

describe('paths', () => {
  test('are those of the format', () => {
    expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067');
    expect(tilePath({ level: 2, index: 0, width: 1 })).toBe('tile/2/000.p/1');
    expect(bundlePath(1000, 255)).toBe('tile/entries/x001/000.p/255');
  });

  test('a tree of 70,000 has the tiles that the format names', () => {
    const tiles = [...allTiles(70_000)];
    expect(tiles.filter(({ level, width }) => level === 0 && width === 256)).toHaveLength(273);
    expect(tiles.filter(({ level, width }) => level === 1 && width === 256)).toHaveLength(1);
    expect(partialTiles(70_000)).toEqual([
      { level: 0, index: 273, width: 112 },
      { level: 1, index: 1, width: 17 },
      { level: 2, index: 0, width: 1 },
    ]);
    expect(tiles).toHaveLength(273 + 1 + 3);
    expect(partialTiles(256)).toEqual([{ level: 1, index: 0, width: 1 }]);
  });

  test('every path is read back as what it names', () => {
    fc.assert(
      fc.property(fc.nat({ max: 63 }), fc.nat({ max: 2 ** 40 }), fc.integer({ min: 1, max: 256 }), (level, index, width) => {
        expect(parseLogPath(tilePath({ level, index, width }))).toEqual({ kind: 'tile', level, index, width });
        expect(parseLogPath(bundlePath(index, width))).toEqual({ kind: 'bundle', index, width });
      }),
    );
  });

  test.each(['tile/00/000', 'tile/64/000', 'tile/0/0000', 'tile/0/00', 'tile/0/x000/001', 'tile/0/001/x002', 'tile/0/000.p/0', 'tile/0/000.p/256', 'tile/0/000.p/01', 'tile/0/000.p/', '/tile/0/000', 'tile/0/000/', 'tile/0/../000', 'tile/entries/-01', 'tile/0/\u0660\u0660\u0660', 'checkpoint'])('%s names nothing', (path) => {
    expect(parseLogPath(path)).toBeUndefined();
  });
});

describe('bundles and tiles as bytes', () => {
  test('entries of any length come back', () => {
    const entries = [0, 1, 255, 256, 65_535].map((length) => new Uint8Array(length).fill(length % 251));
    expect(decodeBundle(encodeBundle(entries), 5)).toEqual(entries);
  });

  test('an entry that its length cannot express is refused', () => {
    expect(() => encodeBundle([new Uint8Array(65_536)])).toThrow(FormatError);
    expect(() => encodeBundle(Array.from({ length: 257 }, () => new Uint8Array(1)))).toThrow(FormatError);
  });

  test('a bundle or tile that is cut, too short or too long is refused', () => {
    const bundle = encodeBundle([Buffer.from('one'), Buffer.from('two')]);
    for (let length = 0; length < bundle.length; length++) expect(() => decodeBundle(bundle.subarray(0, length), 2)).toThrow(FormatError);
    expect(() => decodeBundle(bundle, 1)).toThrow(FormatError);
    expect(() => decodeBundle(bundle, 3)).toThrow(FormatError);
    expect(() => decodeBundle(Buffer.concat([bundle, Buffer.from([0])]), 2)).toThrow(FormatError);
    expect(() => decodeTile(new Uint8Array(63), 2)).toThrow(FormatError);
    expect(() => decodeTile(new Uint8Array(96), 2)).toThrow(FormatError);
  });
});

describe.each(edges)('a log of %i', (size) => {
  const hashes = leafHashes.slice(0, size);
  const tree = merkleTree(hashes);
  const memory = logOf(size);

  test('has exactly the tiles of its size', () => {
    expect([...memory.files.keys()].toSorted()).toEqual([...allTiles(size)].map(tilePath).toSorted());
  });

  test('gives the same root from leaves, frontier and tiles', async () => {
    const frontier = Frontier.empty();
    for (const hash of hashes) frontier.append(hash);
    expect(plain(frontier.root())).toBe(plain(tree.root));
    expect(plain(await rootFromTiles(memory, size))).toBe(plain(tree.root));
    const loaded = await TileBuilder.load(memory, size);
    expect(plain(loaded.frontier().root())).toBe(plain(tree.root));
    expect(loaded.frontier().state().hashes.map(plain)).toEqual(frontier.state().hashes.map(plain));
  });

  test('proves entries from tiles like from the whole tree', async () => {
    for (const index of new Set([0, 1, 254, 255, 256, 65_535, 65_536, Math.floor(size / 2), size - 1])) {
      if (index < 0 || index >= size) continue;
      const path = await proveInclusion(memory, index, size);
      expect(path.map(plain)).toEqual(tree.inclusionPath(index).map(plain));
      verifyInclusion(hashes[index] ?? tree.root, index, size, path, tree.root);
    }
  });

  test('proves from tiles that earlier sizes are its prefixes', async () => {
    for (const old of new Set([1, 2, 3, 255, 256, 257, 511, 65_535, 65_536, size - 1, size])) {
      if (old < 1 || old > size) continue;
      const proof = await proveConsistency(memory, old, size);
      if (size < 1000) expect(proof.map(plain)).toEqual(consistencyProof(hashes, old).map(plain));
      verifyConsistency(old, size, proof, merkleRoot(hashes.slice(0, old)), tree.root);
    }
  });
});

describe('going on', () => {
  test('a builder and a frontier loaded at any size end with the same tiles and root', async () => {
    const whole = logOf(1400);
    for (const start of [0, 1, 255, 256, 257, 700, 1024]) {
      const memory = logOf(start);
      const builder = await TileBuilder.load(memory, start);
      const frontier = builder.frontier();
      for (const hash of leafHashes.slice(start, 1400)) {
        builder.append(hash);
        frontier.append(hash);
      }
      expect(builder.size).toBe(1400);
      memory.write(builder.takeFull());
      memory.write(builder.partials());
      for (const [path, bytes] of whole.files) expect(memory.files.get(path), path).toEqual(bytes);
      expect(frontier.root()).toEqual(merkleRoot(leafHashes.slice(0, 1400)));
    }
  });

  test('a full tile serves where the partial one was deleted', async () => {
    const memory = logOf(256);
    const root = merkleRoot(leafHashes.slice(0, 100));
    expect(memory.files.has('tile/0/000.p/100')).toBe(false);
    expect(plain(await rootFromTiles(memory, 100))).toBe(plain(root));
  });

  test('a missing tile is said by its path, and may come', async () => {
    const memory = logOf(70_000);
    memory.files.delete('tile/1/001.p/17');
    await expect(proveInclusion(memory, 3, 70_000)).rejects.toMatchObject({ code: 'tile_missing', retryable: true, details: { path: 'tile/1/001.p/17' } });
    await expect(TileBuilder.load(memory, 70_000)).rejects.toBeInstanceOf(TileMissingError);
  });

  test('a proof reads a handful of tiles, not the log', async () => {
    const memory = logOf(70_000);
    await proveInclusion(memory, 12_345, 70_000);
    await proveConsistency(memory, 12_345, 70_000);
    expect(memory.reads).toBeLessThan(14);
  });

  test('a frontier survives being stored, and refuses a state that cannot be', () => {
    const frontier = Frontier.empty();
    for (const hash of leafHashes.slice(0, 1000)) frontier.append(hash);
    const stored = frontier.state();
    const again = Frontier.from(stored);
    const copy = again.copy();
    copy.append(leafHashes[1000] ?? again.root());
    expect(again.root()).toEqual(frontier.root());
    expect(copy.root()).toEqual(merkleRoot(leafHashes.slice(0, 1001)));
    expect(() => Frontier.from({ size: 999, hashes: stored.hashes })).toThrow(FormatError);
    expect(() => Frontier.from({ size: 1000, hashes: stored.hashes.slice(1) })).toThrow(FormatError);
    expect(() => Frontier.from({ size: 1, hashes: [new Uint8Array(31)] })).toThrow(FormatError);
  });
});

const plain = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
