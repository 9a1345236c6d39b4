// SPDX-License-Identifier: Apache-2.0
import { VerificationError } from './errors.js';

/** base64url without padding (RFC 4648 section 5). */
export const base64url = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url');

/**
 * The bytes of canonical base64url. Padding, white space, the other alphabet and stray bits in the last character are
 * refused, because each would give one signature many spellings.
 * @param what names the text in the error
 * @param length bytes expected, if known
 * @throws VerificationError `malformed`
 */
export function decodeBase64url(text: string, what: string, length?: number): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.toString('base64url') !== text) throw new VerificationError('malformed', `${what} is not canonical base64url`);
  if (length !== undefined && bytes.length !== length) throw new VerificationError('malformed', `${what} has ${bytes.length} bytes, expected ${length}`);
  return bytes;
}
