// SPDX-License-Identifier: Apache-2.0
// Entry bundles of c2sp.org/tlog-tiles: entries one after the other, each behind its length in 16 bits.
import { FormatError } from './errors.js';
import { tileWidth } from './tile-paths.js';

/** Bytes in the longest entry that a bundle can hold. */
export const maxEntryBytes = 65_535;

/** The bundle of these entries, at most 256. @throws FormatError `bundle_malformed` when an entry is too long */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length > tileWidth) throw new FormatError('bundle_malformed', `a bundle holds at most ${tileWidth} entries, found ${entries.length}`, { entries: entries.length });
  const bytes = new Uint8Array(entries.reduce((length, entry) => length + 2 + entry.length, 0));
  let at = 0;
  for (const [i, entry] of entries.entries()) {
    if (entry.length > maxEntryBytes) throw new FormatError('bundle_malformed', `entry ${i} has ${entry.length} bytes, the limit is ${maxEntryBytes}`, { entry: i, length: entry.length });
    bytes[at] = entry.length >> 8;
    bytes[at + 1] = entry.length & 0xff;
    bytes.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return bytes;
}

/** The entries of a bundle, as views into its bytes. @throws FormatError `bundle_malformed` unless it holds exactly `width` entries and nothing else */
export function decodeBundle(bytes: Uint8Array, width: number): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [high, low] = [bytes[at], bytes[at + 1]];
    const end = at + 2 + ((high ?? 0) << 8) + (low ?? 0);
    if (low === undefined || end > bytes.length) throw new FormatError('bundle_malformed', `the bundle is cut off inside entry ${entries.length}`, { entries: entries.length, bytes: bytes.length });
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  if (entries.length !== width) throw new FormatError('bundle_malformed', `the bundle holds ${entries.length} entries, expected ${width}`, { entries: entries.length, width });
  return entries;
}
