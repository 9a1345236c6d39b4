// SPDX-License-Identifier: Apache-2.0
// Which tiles and bundles a tree has, and what they are called: c2sp.org/tlog-tiles.

/** Hashes in a full tile, entries in a full bundle: tiles are 8 levels high. */
export const tileWidth = 256;

/** One tile of hashes. Its hashes are complete subtrees of 256^level leaves. */
export interface TileAddress {
  readonly level: number;
  /** Place within the level. */
  readonly index: number;
  /** Hashes in it: 256 when full, 1 to 255 at the right edge. */
  readonly width: number;
}

/** What a path of a log names. */
export type LogResource = ({ readonly kind: 'tile' } & TileAddress) | { readonly kind: 'bundle'; readonly index: number; readonly width: number };

/** `tile/<level>/<index>[.p/<width>]` */
export function tilePath({ level, index, width }: TileAddress): string {
  return `tile/${level}/${indexPath(index)}${widthSuffix(width)}`;
}

/** `tile/entries/<index>[.p/<width>]` */
export function bundlePath(index: number, width: number = tileWidth): string {
  return `tile/entries/${indexPath(index)}${widthSuffix(width)}`;
}

/** What the path names; `undefined` unless it is spelled exactly as the format says. */
export function parseLogPath(path: string): LogResource | undefined {
  const match = /^tile\/(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/.exec(path);
  if (!match) return undefined;
  const [, level = '', encoded = '', partial] = match;
  const index = Number(encoded.replaceAll(/[x/]/g, ''));
  const width = partial === undefined ? tileWidth : Number(partial);
  if (!Number.isSafeInteger(index) || (partial !== undefined && width >= tileWidth) || Number(level) > 63) return undefined;
  const resource: LogResource = level === 'entries' ? { kind: 'bundle', index, width } : { kind: 'tile', level: Number(level), index, width };
  // Only the shortest spelling of an index is right.
  return resourcePath(resource) === path ? resource : undefined;
}

function resourcePath(resource: LogResource): string {
  return resource.kind === 'bundle' ? bundlePath(resource.index, resource.width) : tilePath(resource);
}

/** Hashes that the level has in a tree of this size: complete subtrees of 256^level leaves. */
export function levelWidth(size: number, level: number): number {
  return Math.floor(size / tileWidth ** level);
}

/** The tile in a tree of this size, partial at the right edge; `undefined` when the tree has none there. */
export function tileIn(size: number, level: number, index: number): TileAddress | undefined {
  const width = Math.min(tileWidth, levelWidth(size, level) - index * tileWidth);
  return width > 0 ? { level, index, width } : undefined;
}

/** The partial tiles of a tree of this size, lowest level first: at most one a level. */
export function partialTiles(size: number): TileAddress[] {
  const tiles: TileAddress[] = [];
  for (let level = 0; levelWidth(size, level) > 0; level++) {
    const hashes = levelWidth(size, level);
    if (hashes % tileWidth !== 0) tiles.push({ level, index: Math.floor(hashes / tileWidth), width: hashes % tileWidth });
  }
  return tiles;
}

/** Every tile of a tree of this size, level by level. */
export function* allTiles(size: number): Generator<TileAddress> {
  for (let level = 0; levelWidth(size, level) > 0; level++) {
    for (let index = 0; ; index++) {
      const tile = tileIn(size, level, index);
      if (!tile) break;
      yield tile;
    }
  }
}

function indexPath(index: number): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g) ?? [];
  return groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/');
}

function widthSuffix(width: number): string {
  return width === tileWidth ? '' : `.p/${width}`;
}
