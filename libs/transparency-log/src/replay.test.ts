// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { encodeBundle } from './bundle.js';
import { Frontier } from './frontier.js';
import { hashLeaf, merkleRoot } from './merkle.js';
import { replayLog } from './replay.js';
import type { Replay, ReplayOptions } from './replay.js';
import { encodeTile } from './tile.js';
import { TileBuilder } from './tile-builder.js';
import { bundlePath, tilePath } from './tile-paths.js';

interface TestLog {
  readonly size: number;
  readonly root: Uint8Array;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

const entryAt = (i: number): Uint8Array => Buffer.from(`entry ${i}`);
/** Two levels, a partial tile on each. */
const small = logOf(1000);
/** Three levels, a partial tile on each: for what only the upper levels can show, because a walk over it takes a moment. */
const large = logOf(66_000);

function logOf(size: number): TestLog {
  const files = new Map<string, Uint8Array>();
  const builder = TileBuilder.empty();
  for (let first = 0; first < size; first += 256) {
    const some = Array.from({ length: Math.min(256, size - first) }, (_, i) => entryAt(first + i));
    for (const entry of some) builder.append(hashLeaf(entry));
    files.set(bundlePath(first / 256, some.length), encodeBundle(some));
  }
  for (const tile of [...builder.takeFull(), ...builder.partials()]) files.set(tilePath(tile), encodeTile(tile.hashes));
  return { size, root: rootOf(size), files };
}

function rootOf(count: number): Uint8Array {
  const frontier = Frontier.empty();
  for (let i = 0; i < count; i++) frontier.append(hashLeaf(entryAt(i)));
  return frontier.root();
}

async function replay(log: TestLog, changes: Record<string, Uint8Array | undefined>, options: ReplayOptions = { trustedRoot: log.root }): Promise<Replay> {
  const read = (path: string) => Promise.resolve(path in changes ? changes[path] : log.files.get(path));
  return replayLog({ read }, log.size, options);
}

function fileOf(log: TestLog, path: string): Uint8Array {
  const bytes = log.files.get(path);
  if (!bytes) throw new Error(`the log has no ${path}`);
  return bytes;
}

const file = (path: string): Uint8Array => fileOf(small, path);
const paths = ({ faults }: Replay) => faults.map(({ path, problem }) => `${path} ${problem}`);

const flip = (bytes: Uint8Array, at: number) => bytes.with(at, (bytes[at] ?? 0) ^ 1);
const swapHashes = (bytes: Uint8Array, a: number, b: number) => {
  const swapped = bytes.slice();
  swapped.set(bytes.subarray(b * 32, b * 32 + 32), a * 32);
  swapped.set(bytes.subarray(a * 32, a * 32 + 32), b * 32);
  return swapped;
};

describe('a sound log', () => {
  test('is replayed to its root, every tile looked at', async () => {
    const seen: string[] = [];
    const read = (path: string) => {
      seen.push(path);
      return Promise.resolve(large.files.get(path));
    };
    const result = await replayLog({ read }, large.size);
    expect(result.faults).toEqual([]);
    expect(result.root).toEqual(large.root);
    expect(result).toMatchObject({ entriesWalked: large.size, tilesWalked: true });
    expect(seen.toSorted()).toEqual([...large.files.keys()].toSorted());
  });

  test('gives the roots at earlier sizes, which proves archived checkpoints consistent', async () => {
    const sizes = [0, 1, 255, 256, 257, 999, 1000, 1001];
    const { roots } = await replay(small, {}, { rootsAt: sizes });
    expect([...roots.keys()]).toEqual(sizes.slice(0, -1));
    for (const [at, computed] of roots) expect(computed).toEqual(rootOf(at));
  });

  test('hands out every entry once, in order', async () => {
    let next = 0;
    await replay(small, {}, {
      onEntries(first, some, hashes) {
        expect(first).toBe(next);
        for (const [i, entry] of some.entries()) {
          expect(Buffer.from(entry)).toEqual(entryAt(first + i));
          expect(hashes[i]).toEqual(hashLeaf(entry));
        }
        next += some.length;
      },
    });
    expect(next).toBe(small.size);
  });

  test('an empty log has the empty root and nothing to read', async () => {
    expect(await replayLog({ read: () => Promise.reject(new Error('nothing to read')) }, 0)).toMatchObject({ root: merkleRoot([]), faults: [], tilesWalked: true });
  });
});

const tiles = ['tile/0/000', 'tile/0/002', 'tile/0/003.p/232', 'tile/1/000.p/3'];
const upperTiles = ['tile/1/000', 'tile/1/001.p/1', 'tile/2/000.p/1'];
const bundles = ['tile/entries/000', 'tile/entries/002', 'tile/entries/003.p/232'];

describe('a damaged tile is named, and nothing else is', () => {
  test.each(tiles)('%s with a flipped bit', async (path) => {
    for (const at of [0, file(path).length - 1]) {
      const result = await replay(small, { [path]: flip(file(path), at) });
      expect(paths(result)).toEqual([`${path} mismatch`]);
      expect(result.root).toEqual(small.root);
    }
  });

  test.each(tiles)('%s dropped', async (path) => {
    expect(paths(await replay(small, { [path]: undefined }))).toEqual([`${path} missing`]);
  });

  test.each(tiles)('%s truncated, emptied, too long or rewritten', async (path) => {
    for (const bytes of [file(path).slice(0, -1), file(path).slice(0, -32), new Uint8Array(0), Buffer.concat([file(path), Buffer.alloc(32)])]) {
      expect(paths(await replay(small, { [path]: bytes }))).toEqual([`${path} malformed`]);
    }
    expect(paths(await replay(small, { [path]: new Uint8Array(file(path).length).fill(9) }))).toEqual([`${path} mismatch`]);
  });

  test.each(['tile/0/002', 'tile/0/003.p/232'])('%s with two hashes swapped', async (path) => {
    expect(paths(await replay(small, { [path]: swapHashes(file(path), 3, 200) }))).toEqual([`${path} mismatch`]);
  });

  test('tiles swapped with each other are both named', async () => {
    const result = await replay(small, { 'tile/0/001': file('tile/0/002'), 'tile/0/002': file('tile/0/001') });
    expect(paths(result)).toEqual(['tile/0/001 mismatch', 'tile/0/002 mismatch']);
  });
});

describe('a damaged tile of an upper level is named, and nothing else is', () => {
  test.each(upperTiles)('%s flipped, dropped or truncated', async (path) => {
    const bytes = fileOf(large, path);
    expect(paths(await replay(large, { [path]: flip(bytes, bytes.length - 1) }))).toEqual([`${path} mismatch`]);
    expect(paths(await replay(large, { [path]: undefined }))).toEqual([`${path} missing`]);
    expect(paths(await replay(large, { [path]: bytes.slice(0, -32) }))).toEqual([`${path} malformed`]);
  });

  test('two hashes of a full one swapped', async () => {
    expect(paths(await replay(large, { 'tile/1/000': swapHashes(fileOf(large, 'tile/1/000'), 3, 200) }))).toEqual(['tile/1/000 mismatch']);
  });
});

describe('a damaged bundle is named with the entries concerned', () => {
  test.each(bundles)('%s with a flipped bit in an entry', async (path) => {
    const bytes = file(path);
    const result = await replay(small, { [path]: flip(bytes, bytes.length - 1) });
    expect(paths(result)).toEqual([`${path} mismatch`]);
    expect(result.faults[0]?.indexes).toEqual([path.includes('.p/') ? 999 : Number(path.slice(-3)) * 256 + 255]);
    expect(result.root).not.toEqual(small.root);
  });

  test.each(bundles)('%s dropped: the walk is incomplete and has no root', async (path) => {
    const result = await replay(small, { [path]: undefined });
    expect(paths(result)).toEqual([`${path} missing`]);
    expect(result.root).toBeUndefined();
    expect(result.entriesWalked).toBeLessThan(small.size);
    expect(result.tilesWalked).toBe(true);
  });

  test.each(bundles)('%s truncated', async (path) => {
    for (const bytes of [file(path).slice(0, -1), file(path).slice(0, 1), new Uint8Array(0)]) {
      const result = await replay(small, { [path]: bytes });
      expect(paths(result)).toEqual([`${path} malformed`]);
      expect(result.root).toBeUndefined();
    }
  });

  test('an entry dropped, doubled or swapped', async () => {
    const some = Array.from({ length: 256 }, (_, i) => entryAt(512 + i));
    const path = 'tile/entries/002';
    expect(paths(await replay(small, { [path]: encodeBundle(some.toSpliced(7, 1)) }))).toEqual([`${path} malformed`]);
    expect(paths(await replay(small, { [path]: encodeBundle(some.with(8, some[7] ?? Buffer.alloc(0))) }))).toEqual([`${path} mismatch`]);
    const swapped = some.with(7, some[9] ?? Buffer.alloc(0)).with(9, some[7] ?? Buffer.alloc(0));
    const result = await replay(small, { [path]: encodeBundle(swapped) });
    expect(paths(result)).toEqual([`${path} mismatch`]);
    expect(result.faults[0]?.indexes).toEqual([519, 521]);
  });

  test('no root is claimed for sizes after a missing bundle', async () => {
    const { roots } = await replay(small, { 'tile/entries/002': undefined }, { rootsAt: [512, 513, 1000] });
    expect([...roots.keys()]).toEqual([512]);
  });
});

describe('damage in more than one place', () => {
  test('a bundle rewritten together with its tile is betrayed by the tile above and the root', async () => {
    const changed = Array.from({ length: 256 }, (_, i) => entryAt(512 + i)).with(7, Buffer.from('another past'));
    const result = await replay(small, { 'tile/entries/002': encodeBundle(changed), 'tile/0/002': encodeTile(changed.map(hashLeaf)) });
    expect(paths(result)).toEqual(['tile/1/000.p/3 mismatch']);
    expect(result.root).not.toEqual(small.root);
  });

  test('bundle and tile damaged each in its own way are both named', async () => {
    const result = await replay(small, { 'tile/entries/002': flip(file('tile/entries/002'), 5), 'tile/0/002': flip(file('tile/0/002'), 99) });
    expect(paths(result)).toEqual(expect.arrayContaining(['tile/entries/002 mismatch', 'tile/0/002 mismatch']));
  });

  test('bundle and tile both gone: the walk says that it is incomplete and still looks at the other entries', async () => {
    const result = await replay(small, { 'tile/entries/002': undefined, 'tile/0/002': undefined, 'tile/entries/003.p/232': undefined });
    expect(paths(result)).toEqual(['tile/entries/002 missing', 'tile/0/002 missing', 'tile/entries/003.p/232 missing']);
    expect(result).toMatchObject({ tilesWalked: false, root: undefined, entriesWalked: 512 });
  });

  test('without a trusted root a doubt at the right edge names both', async () => {
    const path = 'tile/0/003.p/232';
    expect(paths(await replay(small, { [path]: flip(file(path), 0) }, {}))).toEqual(['tile/entries/003.p/232 mismatch', `${path} mismatch`]);
  });

  test("the reader's own failure is not mistaken for damage", async () => {
    await expect(replayLog({ read: () => Promise.reject(new Error('disk')) }, 1)).rejects.toThrow('disk');
  });
});
