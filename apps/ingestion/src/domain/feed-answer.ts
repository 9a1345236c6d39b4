// SPDX-License-Identifier: Apache-2.0

/** What a feed's server answered, in terms of HTTP alone. */
export type FeedAnswer =
  | { readonly kind: 'content' }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'gone' }
  /** Absolute URL; permanent moves are for the owner to know. */
  | { readonly kind: 'redirect'; readonly to: string; readonly permanent: boolean }
  | { readonly kind: 'failed'; readonly reason: string; readonly retryAfterSeconds?: number };

/**
 * Reads status and headers of a response to a conditional GET.
 * @param url what was asked for
 */
export function feedAnswer(status: number, headers: Readonly<Record<string, string>>, url: string, nowMs: number): FeedAnswer {
  if (status === 200) return { kind: 'content' };
  if (status === 304) return { kind: 'unchanged' };
  if (status === 410) return { kind: 'gone' };
  const location = headers['location'];
  if ([301, 302, 303, 307, 308].includes(status) && location !== undefined) {
    const to = URL.parse(location, url);
    if (!to) return { kind: 'failed', reason: `status_${status}_location_invalid` };
    return { kind: 'redirect', to: to.href, permanent: status === 301 || status === 308 };
  }
  const retryAfterSeconds = retryAfter(headers['retry-after'], nowMs);
  return { kind: 'failed', reason: `status_${status}`, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
}

/** Retry-After in seconds from now (RFC 9110 section 10.2.3): a count, or a date. */
export function retryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value.trim());
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - nowMs) / 1000));
}

/** A validator that can be sent back as it came; undefined for anything that no header could hold. */
export const validatorOf = (value: string | undefined): string | undefined => (value !== undefined && value.length <= 512 && /^[\x20-\x7e]+$/.test(value) ? value : undefined);
