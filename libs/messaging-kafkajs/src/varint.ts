// SPDX-License-Identifier: Apache-2.0
// The varints of the record format: zigzag, seven bits a byte, lowest first. Plain arithmetic instead of shifts, so that
// a varlong up to 2^52 needs no BigInt.

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);

/** Bytes that a value takes. */
export function sizeOfVarint(value: number): number {
  let rest = zigzag(value);
  let bytes = 1;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++;
  return bytes;
}

/** Writes a value and returns where it ends. */
export function writeVarint(to: Uint8Array, start: number, value: number): number {
  let rest = zigzag(value);
  let at = start;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) to[at++] = (rest % 0x80) | 0x80;
  to[at++] = rest;
  return at;
}
