// SPDX-License-Identifier: Apache-2.0
import { base64url, decodeBase64url } from './base64url.js';
import { VerificationError } from './errors.js';

/** Where a record stands in the tree of its batch. */
export interface SignaturePath {
  readonly index: number;
  /** Records in the batch. */
  readonly size: number;
  /** The hashes beside the way from the leaf to the root, lowest first. */
  readonly hashes: readonly Uint8Array[];
}

/** Records that one signature may cover: paths stay below 600 characters. */
export const maxBatchSize = 8192;

/** The value of the header `nervus-signature-path`: base64url(u32 index, u32 size, hashes of 32 bytes), big end first. */
export function formatSignaturePath({ index, size, hashes }: SignaturePath): string {
  const head = Buffer.allocUnsafe(8);
  head.writeUInt32BE(index, 0);
  head.writeUInt32BE(size, 4);
  return base64url(Buffer.concat([head, ...hashes]));
}

/** @throws VerificationError `malformed` */
export function parseSignaturePath(text: string): SignaturePath {
  if (text.length > 1024) throw new VerificationError('malformed', `the signature path has ${text.length} characters, too many for a batch of ${maxBatchSize}`);
  const bytes = decodeBase64url(text, 'signature path');
  if (bytes.length < 8 || bytes.length % 32 !== 8) throw new VerificationError('malformed', `the signature path has ${bytes.length} bytes, expected 8 and a multiple of 32`);
  const [index, size] = [bytes.readUInt32BE(0), bytes.readUInt32BE(4)];
  if (size < 1 || size > maxBatchSize || index >= size) throw new VerificationError('malformed', `the signature path names record ${index} of ${size}, expected one of 1 to ${maxBatchSize}`);
  const hashes: Buffer[] = [];
  for (let at = 8; at < bytes.length; at += 32) hashes.push(bytes.subarray(at, at + 32));
  return { index, size, hashes };
}
