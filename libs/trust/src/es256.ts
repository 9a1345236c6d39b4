// SPDX-License-Identifier: Apache-2.0
// ES256 (RFC 7518 section 3.4) over node:crypto. OpenSSL speaks DER and JOSE speaks r || s; converting here and caching
// key objects is twice as fast as asking node for 'ieee-p1363'.
import { type KeyObject, sign, verify } from 'node:crypto';

const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const half = bytesOf(order >> 1n);

/**
 * Signs with ECDSA P-256 and SHA-256; 64 bytes r || s with s in the lower half. Both (r, s) and (r, n - s) verify, so
 * that without one fixed choice anybody could give a record a second valid signature.
 */
export function signEs256(privateKey: KeyObject, data: Uint8Array): Buffer {
  const signature = rawOf(sign('sha256', data, privateKey));
  if (!hasLowS(signature)) bytesOf(order - BigInt(`0x${signature.toString('hex', 32)}`)).copy(signature, 32);
  return signature;
}

/** Whether r || s is a signature of the data by this key. False for anything that is not 64 bytes. */
export function verifyEs256(publicKey: KeyObject, data: Uint8Array, signature: Uint8Array): boolean {
  return signature.length === 64 && verify('sha256', data, publicKey, derOf(signature));
}

/** Whether s is in the lower half, as {@link signEs256} makes it. */
export const hasLowS = (signature: Uint8Array): boolean => half.compare(signature, 32, 64) >= 0;

function bytesOf(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
}

/** SEQUENCE { INTEGER r, INTEGER s }, each shortest and non-negative. */
function derOf(raw: Uint8Array): Buffer {
  const [r, s] = [integerAt(raw, 0), integerAt(raw, 32)];
  const der = Buffer.allocUnsafe(6 + r.length + s.length);
  der[0] = 0x30;
  der[1] = 4 + r.length + s.length;
  writeInteger(der, 2, r, raw);
  writeInteger(der, 4 + r.length, s, raw);
  return der;
}

interface DerInteger {
  readonly from: number;
  /** 1 when the first bit is set and a zero byte must keep the number non-negative. */
  readonly pad: number;
  readonly length: number;
}

function integerAt(raw: Uint8Array, start: number): DerInteger {
  const end = start + 32;
  let from = start;
  while (from < end - 1 && raw[from] === 0) from++;
  const pad = (raw[from] ?? 0) & 0x80 ? 1 : 0;
  return { from, pad, length: end - from + pad };
}

function writeInteger(der: Buffer, at: number, integer: DerInteger, raw: Uint8Array): void {
  der[at] = 0x02;
  der[at + 1] = integer.length;
  if (integer.pad) der[at + 2] = 0;
  der.set(raw.subarray(integer.from, integer.from + integer.length - integer.pad), at + 2 + integer.pad);
}

/** The r || s of what OpenSSL made: trusted to be well-formed, and never longer than one length byte can say. */
function rawOf(der: Buffer): Buffer {
  const raw = Buffer.alloc(64);
  const rLength = der[3] ?? 0;
  const sAt = 4 + rLength;
  copyInteger(der.subarray(4, sAt), raw, 32);
  copyInteger(der.subarray(sAt + 2), raw, 64);
  return raw;
}

function copyInteger(integer: Buffer, raw: Buffer, end: number): void {
  const digits = integer.length > 32 ? integer.subarray(integer.length - 32) : integer;
  digits.copy(raw, end - digits.length);
}
