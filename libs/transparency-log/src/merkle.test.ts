// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { consistencyProof, subtreeConsistencyProof, verifyConsistency, verifySubtreeConsistency } from './consistency.js';
import { ProofError } from './errors.js';
import { emptyRoot, hashChildren, hashLeaf, merkleRoot, merkleTree, rootFromInclusion, splitPoint, verifyInclusion } from './merkle.js';

const leaves = (count: number) => Array.from({ length: count }, (_, i) => hashLeaf(Buffer.from(`entry ${i}`)));

/** The definition of RFC 6962 section 2.1, word for word, with another hashing call: the yardstick. */
function rootByDefinition(hashes: Uint8Array[]): Uint8Array {
  const [only] = hashes;
  if (!only) return createHash('sha256').digest();
  if (hashes.length === 1) return only;
  let k = 1;
  while (k * 2 < hashes.length) k *= 2;
  return createHash('sha256').update(Buffer.from([1])).update(rootByDefinition(hashes.slice(0, k))).update(rootByDefinition(hashes.slice(k))).digest();
}

describe('the tree', () => {
  test('the empty root and the root of one empty leaf are those of the RFC', () => {
    expect(Buffer.from(emptyRoot).toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(Buffer.from(hashLeaf(new Uint8Array(0))).toString('hex')).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
  });

  test('every size gives the root of the definition', () => {
    const all = leaves(300);
    for (let size = 0; size <= 300; size++) expect(Buffer.from(merkleRoot(all.slice(0, size)))).toEqual(Buffer.from(rootByDefinition(all.slice(0, size))));
  });

  test('a leaf longer than the scratch buffer is not cut', () => {
    for (const length of [65_534, 65_535, 65_536, 200_000]) {
      const data = Buffer.alloc(length, length);
      expect(Buffer.from(hashLeaf(data))).toEqual(createHash('sha256').update(Buffer.from([0])).update(data).digest());
    }
  });

  test('a later hash does not overwrite an earlier one', () => {
    const first = hashLeaf(Buffer.from('a'));
    const before = Buffer.from(first);
    hashLeaf(Buffer.from('b'));
    hashChildren(first, first);
    expect(Buffer.from(first)).toEqual(before);
  });

  test('a tree splits right above 2^32 too', () => {
    expect(splitPoint(2)).toBe(1);
    expect(splitPoint(5)).toBe(4);
    expect(splitPoint(8)).toBe(4);
    expect(splitPoint(2 ** 31 + 1)).toBe(2 ** 31);
    expect(splitPoint(2 ** 32)).toBe(2 ** 31);
    expect(splitPoint(2 ** 32 + 1)).toBe(2 ** 32);
    expect(splitPoint(2 ** 33)).toBe(2 ** 32);
    expect(splitPoint(2 ** 53 - 1)).toBe(2 ** 52);
  });

  test('a child that is not a hash is refused', () => {
    expect(() => hashChildren(new Uint8Array(31), new Uint8Array(33))).toThrow(ProofError);
    expect(() => merkleRoot([new Uint8Array(31)])).toThrow(ProofError);
  });
});

describe('inclusion', () => {
  test('every leaf of every small tree is proved, and only at its own index', () => {
    for (let size = 1; size <= 40; size++) {
      const hashes = leaves(size);
      const tree = merkleTree(hashes);
      for (const [index, hash] of hashes.entries()) {
        const path = tree.inclusionPath(index);
        verifyInclusion(hash, index, size, path, tree.root);
        for (let other = 0; other < size; other++) if (other !== index) expect(() => verifyInclusion(hash, other, size, path, tree.root)).toThrow(ProofError);
      }
    }
  });

  test('a path that is too short, too long or changed in any hash is refused', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 200 }), fc.nat(), fc.nat(), (size, at, where) => {
        const hashes = leaves(size);
        const index = at % size;
        const tree = merkleTree(hashes);
        const path = tree.inclusionPath(index);
        const leaf = hashes[index] ?? emptyRoot;
        const code = (changed: Uint8Array[]) => refusal(() => verifyInclusion(leaf, index, size, changed, tree.root));
        expect(code(path.slice(1))).toBe('proof_length');
        expect(code([...path, emptyRoot])).toBe('proof_length');
        expect(code(path.with(where % path.length, leaf))).toBe('root_mismatch');
        expect(code(path.with(where % path.length, new Uint8Array(31)))).toBe('hash_length');
      }),
      { numRuns: 50 },
    );
  });

  test('an index outside the tree or a size that is no whole number is refused', () => {
    const [leaf = emptyRoot] = leaves(1);
    for (const [index, size] of [[1, 1], [-1, 1], [0, 0], [0.5, 2], [0, 2 ** 53], [Number.NaN, 3]] as const) expect(refusal(() => rootFromInclusion(leaf, index, size, []))).toBe('proof_range');
    expect(refusal(() => merkleTree(leaves(3)).inclusionPath(3))).toBe('proof_range');
  });
});

describe('consistency', () => {
  test('every earlier size is proved to be a prefix, and nothing else is', () => {
    const all = leaves(40);
    for (let size = 1; size <= 40; size++) {
      const root = merkleRoot(all.slice(0, size));
      for (let old = 1; old <= size; old++) {
        const oldRoot = merkleRoot(all.slice(0, old));
        const proof = consistencyProof(all.slice(0, size), old);
        verifyConsistency(old, size, proof, oldRoot, root);
        expect(refusal(() => verifyConsistency(old, size, [...proof, root], oldRoot, root))).toBe('proof_length');
        if (old < size) {
          expect(refusal(() => verifyConsistency(old, size, proof.slice(1), oldRoot, root))).toMatch(/proof_length|root_mismatch/);
          expect(refusal(() => verifyConsistency(old, size, proof, root, root))).toBe('root_mismatch');
          expect(refusal(() => verifyConsistency(old, size, proof, oldRoot, oldRoot))).toBe('root_mismatch');
        }
      }
    }
  });

  test('a rewritten history is not consistent with what was seen', () => {
    const seen = leaves(25);
    const rewritten = leaves(70).with(13, hashLeaf(Buffer.from('another past')));
    expect(refusal(() => verifyConsistency(25, 70, consistencyProof(rewritten, 25), merkleRoot(seen), merkleRoot(rewritten)))).toBe('root_mismatch');
  });

  test('every aligned part of a tree is proved to be in it', () => {
    const all = leaves(33);
    for (let start = 0; start <= 32; start++) {
      for (let end = start + 1; end <= 33; end++) {
        let ceiling = 1;
        while (ceiling < end - start) ceiling *= 2;
        const prove = () => subtreeConsistencyProof(all, { start, end });
        if (start % ceiling !== 0) expect(refusal(prove)).toBe('proof_range');
        else verifySubtreeConsistency({ start, end }, 33, prove(), merkleRoot(all.slice(start, end)), merkleRoot(all));
      }
    }
  });
});

/** The code of the ProofError that the call throws, else what happened instead. */
function refusal(call: () => unknown): string {
  try {
    call();
    return 'accepted';
  } catch (error) {
    if (error instanceof ProofError) return error.code;
    throw error;
  }
}
