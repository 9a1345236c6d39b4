// SPDX-License-Identifier: Apache-2.0
import { timingSafeEqual } from 'node:crypto';
import { isOfKind, Refusal, sha256, type SourceOf } from '@nervus/sources';
import type { Sources } from './sources.js';
import { TokenBucket } from './token-bucket.js';

/** A source that takes requests. */
export type OpenSource = SourceOf<'webhook' | 'cloudevents'>;

/**
 * The source behind a path. Nobody learns which tenants and sources exist: every path that leads nowhere, or whose
 * token is wrong, is refused with the same words.
 * @throws Refusal 404
 */
export function sourceAt(sources: Sources, path: { readonly tenant: string; readonly name: string; readonly pathToken?: string | undefined }): OpenSource {
  const source = sources.find(path.tenant, path.name);
  if (!source || !(isOfKind(source, 'webhook') || isOfKind(source, 'cloudevents'))) throw notFound();
  const { auth } = source.spec;
  if (!isToken(path.pathToken, auth.kind === 'none' ? auth.pathTokenSha256 : undefined)) throw notFound();
  return source;
}

/** What is answered to every path that leads nowhere. */
export const notFound = (): Refusal => new Refusal(404, 'not_found', 'There is no such source.');

/** Compared as hashes, so that neither content nor length of the token shows in the time taken. */
const isToken = (given: string | undefined, hashed: string | undefined): boolean => (given === undefined) === (hashed === undefined) && timingSafeEqual(Buffer.from(sha256(given ?? '')), Buffer.from(hashed ?? sha256('')));

/** The rate of each source, as its manifest allows it. */
export class Rates {
  private readonly buckets = new WeakMap<OpenSource, TokenBucket>();

  /** @throws Refusal 429 when the source had its share, 413 for more events at once than it may ever send */
  take(source: OpenSource, nowMs: number, events = 1): void {
    const { perSecond, burst } = source.spec.limits;
    if (events > burst) throw new Refusal(413, 'batch_too_large', `This source takes ${burst} events at once, not ${events}: send smaller batches.`);
    let bucket = this.buckets.get(source);
    if (!bucket) this.buckets.set(source, (bucket = new TokenBucket(perSecond, burst, nowMs)));
    const seconds = bucket.take(nowMs, events);
    if (seconds > 0) throw new Refusal(429, 'rate_exceeded', `This source takes ${perSecond} events a second on average and ${burst} at once.`, Math.max(1, Math.ceil(seconds)));
  }
}
