// SPDX-License-Identifier: Apache-2.0
// Locality-sensitive fingerprint of a text (SimHash, Charikar 2002): texts that share most of their words differ in few
// of its 64 bits.

/** 64 bits as two unsigned words. */
export interface Fingerprint {
  readonly high: number;
  readonly low: number;
}

const token = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{M}\p{N}]+/gu;
const figure = /\d+(?:[.,]\d+)*/g;

/** Words of a text in lower case; characters where words are not separated. */
export const wordsOf = (lower: string): string[] => lower.match(token) ?? [];

/** Fingerprint over words and pairs of neighbours. */
export function fingerprintOf(words: readonly string[]): Fingerprint {
  const votes = new Int32Array(64);
  let previous = 0;
  for (const word of words) {
    const hash = fnv1a(word);
    vote(votes, mix(hash), mix(hash ^ 0x9e3779b9), 1);
    if (previous !== 0) vote(votes, mix(Math.imul(previous, 31) ^ hash), mix(Math.imul(hash, 17) ^ previous), 1);
    previous = hash;
  }
  let [high, low] = [0, 0];
  for (let bit = 0; bit < 32; bit++) {
    if ((votes[bit] ?? 0) > 0) low |= 1 << bit;
    if ((votes[bit + 32] ?? 0) > 0) high |= 1 << bit;
  }
  return { high: high >>> 0, low: low >>> 0 };
}

function vote(votes: Int32Array, low: number, high: number, weight: number): void {
  for (let bit = 0; bit < 32; bit++) {
    votes[bit] = (votes[bit] ?? 0) + ((low >>> bit) & 1 ? weight : -weight);
    votes[bit + 32] = (votes[bit + 32] ?? 0) + ((high >>> bit) & 1 ? weight : -weight);
  }
}

/** Bits in which two fingerprints differ, 0 to 64. */
export const distance = (a: Fingerprint, b: Fingerprint): number => ones(a.high ^ b.high) + ones(a.low ^ b.low);

/** The figures of a text in order, as one comparable text: "25 basis points" is not "50 basis points". */
export const figuresOf = (text: string): string => [...new Set(text.match(figure) ?? [])].sort().join(' ');

/** FNV-1a over UTF-16 units, 32 bits. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

// Finaliser of MurmurHash3: without it short words share their high bits.
function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function ones(bits: number): number {
  let count = bits - ((bits >>> 1) & 0x55555555);
  count = (count & 0x33333333) + ((count >>> 2) & 0x33333333);
  return Math.imul((count + (count >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
