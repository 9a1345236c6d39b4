// SPDX-License-Identifier: Apache-2.0
// The one place where hashing touches the platform: a build for browsers replaces this file and nothing else.
import { hash } from 'node:crypto';

/** SHA-256 of the bytes, synchronously: 32 bytes of their own. */
export function sha256(data: Uint8Array): Uint8Array {
  return hash('sha256', data, 'buffer');
}
