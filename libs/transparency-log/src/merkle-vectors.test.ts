// SPDX-License-Identifier: Apache-2.0
// The published vectors of transparency-dev/merkle, read where they lie beside the repository.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { verifyConsistency, verifySubtreeConsistency, verifySubtreeInclusion } from './consistency.js';
import { ProofError } from './errors.js';
import { verifyInclusion } from './merkle.js';

const folder = join(import.meta.dirname, '../../../../shared/data/merkle/testdata');

interface Vector {
  desc: string;
  wantErr: boolean;
  proof: string[] | null;
  [field: string]: unknown;
}

const verifiers: Record<string, (vector: Vector) => void> = {
  inclusion: (v) => verifyInclusion(bytes(v, 'leafHash'), number(v, 'leafIdx'), number(v, 'treeSize'), proof(v), bytes(v, 'root')),
  subtreeinclusion: (v) => verifySubtreeInclusion(bytes(v, 'leafHash'), number(v, 'leafIdx'), subtree(v), proof(v), bytes(v, 'root')),
  consistency: (v) => verifyConsistency(number(v, 'size1'), number(v, 'size2'), proof(v), bytes(v, 'root1'), bytes(v, 'root2')),
  subtreeconsistency: (v) => verifySubtreeConsistency(subtree(v), number(v, 'size'), proof(v), bytes(v, 'root1'), bytes(v, 'root2')),
};

describe('the published Merkle vectors', () => {
  beforeEach(({ skip }) => skip(!existsSync(folder), 'published Merkle vectors are not beside the repository'));
  const files = existsSync(folder) ? globSync('**/*.json', { cwd: folder }).toSorted() : [];

  test('all 518 are there', () => expect(files).toHaveLength(518));

  test.each(files)('%s', (file) => {
    const vector: Vector = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const verify = verifiers[file.split('/')[0] ?? ''];
    if (!verify) throw new Error(`no verifier for ${file}`);
    if (vector.wantErr) expect(() => verify(vector)).toThrow(ProofError);
    else verify(vector);
  });
});

function bytes(vector: Vector, field: string): Uint8Array {
  const text = vector[field];
  if (typeof text !== 'string') throw new Error(`${field} of "${vector.desc}" is not text`);
  return Buffer.from(text, 'base64');
}

function number(vector: Vector, field: string): number {
  const value = vector[field];
  if (typeof value !== 'number') throw new Error(`${field} of "${vector.desc}" is not a number`);
  return value;
}

const proof = (vector: Vector) => (vector.proof ?? []).map((hash) => Buffer.from(hash, 'base64'));
const subtree = (vector: Vector) => ({ start: number(vector, 'start'), end: number(vector, 'end') });
