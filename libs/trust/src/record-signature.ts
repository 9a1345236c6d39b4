// SPDX-License-Identifier: Apache-2.0
import type { KeyObject } from 'node:crypto';
import { headerNames } from '@nervus/contracts';
import { merkleTree, ProofError, rootFromInclusion } from '@nervus/transparency-log';
import { VerificationError } from './errors.js';
import { hasLowS } from './es256.js';
import { ProvedTree } from './proved-tree.js';
import { batchLeaf, type RecordBytes, type SignedParts, signedParts, textHeader } from './record-input.js';
import { formatSignaturePath, maxBatchSize, parseSignaturePath } from './signature-path.js';
import { type JwsProfile, readDetachedJws, signDetachedJws, verifiesJws } from './strict-jws.js';
import type { Es256Signer } from './workload-key.js';

// The size stands in the protected header because the root alone does not fix it: for many leaves, trees of different
// sizes lead to the same root by the same path, and each would make another log entry of one record.
const profile: JwsProfile = { typ: 'nervus-batch+jws', members: ['size'], maxLength: 1024 };

/** The headers that signing adds to a record. */
export type SignatureHeaders = Readonly<Record<'nervus-signature' | 'nervus-signature-path', Buffer>>;

/**
 * Signs the records of one send: one signature over the root of their tree, and for each record its own path. Every
 * record must carry its number already; the result stands in the order of the records.
 * @throws VerificationError `record_malformed` for a record that no verifier would take; RangeError above {@link maxBatchSize}
 */
export function signBatch(records: readonly RecordBytes[], signer: Es256Signer): SignatureHeaders[] {
  if (records.length > maxBatchSize) throw new RangeError(`${records.length} records in one batch, the limit is ${maxBatchSize}: sign them in several`);
  if (records.length === 0) return [];
  const tree = merkleTree(records.map((record) => batchLeaf(signedParts(record))));
  const signature = Buffer.from(signDetachedJws(signer, profile, tree.root, { size: tree.size }));
  return records.map((_, index) => ({
    [headerNames.signature]: signature,
    [headerNames.signaturePath]: Buffer.from(formatSignaturePath({ index, size: tree.size, hashes: tree.inclusionPath(index) })),
  }));
}

/** Signature and path as they stand in a record or in a log entry. */
export interface SignatureTexts {
  readonly signature: string;
  readonly signaturePath: string;
}

/** @throws VerificationError `record_malformed` when one is absent or stands twice */
export const signatureTexts = (record: RecordBytes): SignatureTexts => ({
  signature: textHeader(record.headers, headerNames.signature).toString('latin1'),
  signaturePath: textHeader(record.headers, headerNames.signaturePath).toString('latin1'),
});

/** Who claims to have signed a record, and the way to prove it. */
export interface RecordClaim {
  readonly kid: string;
  /** Whether the holder of this key signed exactly this record. */
  isProvedBy(key: KeyObject): boolean;
}

/**
 * Reads the signature over a record's covered parts without believing it.
 * @throws VerificationError `malformed` or `header_refused`
 */
export function readClaim(parts: SignedParts, texts: SignatureTexts, roots: VerifiedRoots): RecordClaim {
  const path = parseSignaturePath(texts.signaturePath);
  const leaf = batchLeaf(parts);
  const known = roots.find(texts.signature);
  if (known?.tree.size === path.size && known.tree.holds(leaf, path.index, path.hashes)) return { kid: known.kid, isProvedBy: (key) => known.key === key || known.key.equals(key) };
  const root = rootOf(leaf, path);
  const jws = readDetachedJws(texts.signature, root, profile);
  const { kid, size } = jws.header;
  if (kid === undefined || size !== path.size) throw new VerificationError('malformed', `the signature is over ${JSON.stringify(size)} records, the path over ${path.size}`);
  if (!hasLowS(jws.signature)) throw new VerificationError('malformed', 'the signature has its s in the upper half: another spelling of a signature that may exist');
  return {
    kid,
    isProvedBy(key) {
      if (!verifiesJws(jws, key)) return false;
      const tree = new ProvedTree(path.size, root);
      tree.holds(leaf, path.index, path.hashes);
      roots.add(texts.signature, { kid, key, tree });
      return true;
    },
  };
}

function rootOf(leaf: Uint8Array, { index, size, hashes }: ReturnType<typeof parseSignaturePath>): Uint8Array {
  try {
    return rootFromInclusion(leaf, index, size, hashes);
  } catch (cause) {
    if (!(cause instanceof ProofError)) throw cause;
    throw new VerificationError('malformed', 'the signature path has another length than its index and size ask for', {}, { cause });
  }
}

interface VerifiedRoot {
  readonly kid: string;
  readonly key: KeyObject;
  readonly tree: ProvedTree;
}

/** Bytes of trees that are kept: those of some hundred thousand records. */
const maxTreeBytes = 16 * 1024 * 1024;

/**
 * Signatures that were verified before, so that the records of one batch cost one verification. A verified signature
 * stays true for ever (whether its key may still be trusted is asked each time); the oldest are forgotten.
 */
export class VerifiedRoots {
  private readonly roots = new Map<string, VerifiedRoot>();
  /** Records of one batch come together: the last one asked for, without looking it up. */
  private latest: { readonly signature: string; readonly root: VerifiedRoot } | undefined;
  private treeBytes = 0;

  /** @param capacity batches remembered at most @default 4096 */
  constructor(private readonly capacity = 4096) {}

  /** @param signature the whole detached JWS: it names the root, since that is what it signs */
  find(signature: string): VerifiedRoot | undefined {
    if (this.latest?.signature === signature) return this.latest.root;
    const root = this.roots.get(signature);
    if (!root) return undefined;
    // Deleting and setting again moves an entry to the young end of a Map.
    this.roots.delete(signature);
    this.roots.set(signature, root);
    this.latest = { signature, root };
    return root;
  }

  add(signature: string, root: VerifiedRoot): void {
    this.forget(signature);
    this.roots.set(signature, root);
    this.latest = { signature, root };
    this.treeBytes += root.tree.bytes;
    for (const oldest of this.roots.keys()) {
      if (this.roots.size <= this.capacity && this.treeBytes <= maxTreeBytes) break;
      this.forget(oldest);
    }
  }

  get size(): number {
    return this.roots.size;
  }

  private forget(signature: string): void {
    this.treeBytes -= this.roots.get(signature)?.tree.bytes ?? 0;
    this.roots.delete(signature);
    if (this.latest?.signature === signature) this.latest = undefined;
  }
}
