// SPDX-License-Identifier: Apache-2.0
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { atPointer } from '@nervus/contracts';
import { Refusal } from '../refusal.js';

/** A request as its sender signed it. */
export interface SignedRequest {
  /** Value of a header by its lower-case name. */
  readonly header: (name: string) => string | undefined;
  /** Byte for byte as received. */
  readonly body: Buffer;
}

/** What a scheme's own headers and members say about the event. */
export interface EventMarks {
  readonly id?: string | undefined;
  readonly type?: string | undefined;
  readonly time?: string | undefined;
}

/** One way to sign events that are pushed, for sources whose `auth` is an `A`. */
export interface SignatureScheme<A> {
  /** Shortest secret that is taken, in bytes. */
  readonly shortestSecret: number;
  /** The key in the text of a secret file. */
  secretOf(auth: A, text: string): KeyObject;
  /**
   * @param secrets one, or two while one is being replaced
   * @param nowMs milliseconds since the epoch
   * @throws Refusal 401 `signature_missing`, `timestamp_invalid`, `timestamp_outside_window`, `signature_invalid`
   */
  check(auth: A, request: SignedRequest, secrets: readonly KeyObject[], nowMs: number): void;
  /** @param content the parsed body */
  marks(auth: A, request: SignedRequest, content: unknown): EventMarks;
}

/** How far a timestamp may lie from now, in seconds, both ways. */
export const toleranceSeconds = 300;

/** Entries of a signature header that are looked at. */
export const mostEntries = 8;

/** @throws Refusal 401 unless the text is whole seconds since the epoch, near enough to now */
export function checkTimestamp(name: string, timestamp: string, nowMs: number): void {
  if (!/^\d{1,12}$/.test(timestamp)) throw new Refusal(401, 'timestamp_invalid', `${name} must be whole seconds since the epoch.`);
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > toleranceSeconds) {
    throw new Refusal(401, 'timestamp_outside_window', `${name} lies more than ${toleranceSeconds} s from now: check the sender's clock, and sign again when sending again.`);
  }
}

/** The key whose bytes a text holds. */
export const keyIn = (text: string, encoding: 'utf8' | 'base64' | 'hex' = 'utf8'): KeyObject => createSecretKey(Buffer.from(text, encoding));

/** The HMAC under each live secret over some text and the body. */
export const macsOf = (secrets: readonly KeyObject[], before: string, body: Buffer, algorithm: 'sha256' | 'sha512' = 'sha256'): readonly Buffer[] => secrets.map((secret) => createHmac(algorithm, secret).update(before).update(body).digest());

/** The signature that stands behind a prefix; none where the prefix is another. */
export const behind = (prefix: string, signature: string, encoding: 'hex' | 'base64'): readonly Buffer[] => (signature.startsWith(prefix) ? [Buffer.from(signature.slice(prefix.length), encoding)] : []);

/** Whether any given signature is any of those expected. Every pair is compared, so that the time taken tells nothing. */
export function anyFits(given: readonly Buffer[], expected: readonly Buffer[]): boolean {
  let fits = false;
  for (const wanted of expected) for (const entry of given.slice(0, mostEntries)) fits = (entry.length === wanted.length && timingSafeEqual(entry, wanted)) || fits;
  return fits;
}

/** @throws Refusal 401 naming the headers that must be there */
export const missing = (...names: readonly string[]): Refusal => new Refusal(401, 'signature_missing', names.length === 1 ? `The header ${names[0]} is required.` : `The headers ${names.slice(0, -1).join(', ')} and ${names.at(-1)} are required.`);

export const invalid = (what: string): Refusal => new Refusal(401, 'signature_invalid', `${what} under a live secret of this source.`);

/** A text member of the content; undefined when it is absent or something else. */
export function textIn(content: unknown, name: string): string | undefined {
  const value = atPointer(content, `/${name}`);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Seconds since the epoch as an RFC 3339 time. */
export function timeOfSeconds(seconds: unknown): string | undefined {
  const text = typeof seconds === 'number' ? String(seconds) : seconds;
  return typeof text === 'string' && /^\d{1,11}$/.test(text) ? new Date(Number(text) * 1000).toISOString() : undefined;
}
