// SPDX-License-Identifier: Apache-2.0
// The bytes of a tile, and reading tiles from wherever they are kept.
import { joinBytes } from './bytes.js';
import { decodeBundle } from './bundle.js';
import { FormatError, TileMissingError } from './errors.js';
import { hashSize } from './merkle.js';
import { bundlePath, tilePath, tileWidth } from './tile-paths.js';
import type { TileAddress } from './tile-paths.js';

/** Where tiles and bundles come from: a folder, a bucket, an HTTP prefix, the memory of the writer. */
export interface TileReader {
  /** The file's bytes, `undefined` when it does not exist. The path is one of tilePath or bundlePath. */
  read(path: string): Promise<Uint8Array | undefined>;
}

/** A tile with its hashes. */
export interface Tile extends TileAddress {
  readonly hashes: readonly Uint8Array[];
}

/** The hashes one after the other. */
export function encodeTile(hashes: readonly Uint8Array[]): Uint8Array {
  return joinBytes(hashes);
}

/** The hashes of a tile, as views into its bytes. @throws FormatError `tile_malformed` unless it holds exactly `width` hashes */
export function decodeTile(bytes: Uint8Array, width: number): Uint8Array[] {
  if (bytes.length !== width * hashSize) throw new FormatError('tile_malformed', `the tile has ${bytes.length} bytes, expected ${width * hashSize}`, { bytes: bytes.length, width });
  return Array.from({ length: width }, (_, i) => bytes.subarray(i * hashSize, (i + 1) * hashSize));
}

/**
 * Reads a tile. A partial one may have been deleted once the full one exists, whose beginning then serves as well.
 * @throws TileMissingError when neither is there
 * @throws FormatError `tile_malformed`
 */
export async function readTile(reader: TileReader, tile: TileAddress): Promise<Uint8Array[]> {
  return readPartialOrFull(reader, tile.width, (width) => tilePath({ ...tile, width }), decodeTile);
}

/** Reads the entries of a bundle, in the way of {@link readTile}. @throws TileMissingError @throws FormatError `bundle_malformed` */
export async function readBundle(reader: TileReader, index: number, width: number): Promise<Uint8Array[]> {
  return readPartialOrFull(reader, width, (wanted) => bundlePath(index, wanted), decodeBundle);
}

async function readPartialOrFull(reader: TileReader, width: number, pathOf: (width: number) => string, decode: (bytes: Uint8Array, width: number) => Uint8Array[]): Promise<Uint8Array[]> {
  const bytes = await reader.read(pathOf(width));
  if (bytes) return decode(bytes, width);
  const full = width < tileWidth ? await reader.read(pathOf(tileWidth)) : undefined;
  if (!full) throw new TileMissingError(pathOf(width));
  return decode(full, tileWidth).slice(0, width);
}
