// SPDX-License-Identifier: Apache-2.0
export { ProofError } from './errors.js';
export type { ProofErrorCode } from './errors.js';
export { emptyRoot, hashChildren, hashLeaf, hashSize, inclusionPath, merkleRoot, merkleTree, rootFromInclusion, verifyInclusion } from './merkle.js';
export type { MerkleTree } from './merkle.js';
export { consistencyProof, subtreeConsistencyProof, verifyConsistency, verifySubtreeConsistency, verifySubtreeInclusion } from './consistency.js';
export type { Subtree } from './consistency.js';
