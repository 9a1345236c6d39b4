// SPDX-License-Identifier: Apache-2.0

/** What one attempt came to. */
export type Answer =
  | { readonly kind: 'accepted'; readonly id: string; readonly duplicate: boolean }
  | { readonly kind: 'refused'; readonly status: number | undefined; readonly code: string; readonly detail: string; readonly retryable: boolean; readonly retryAfterMs?: number; readonly cause?: unknown };

/** Reads an answer of the edge: 202 `{id, duplicate}`, or a problem. 408, 429 and 5xx may be tried again. */
export function answerOf(status: number, retryAfter: string | null, text: string, nowMs: number): Answer {
  const body = objectOf(text);
  if (status >= 200 && status < 300) {
    const { id, duplicate } = body;
    if (typeof id === 'string' && typeof duplicate === 'boolean') return { kind: 'accepted', id, duplicate };
    return { kind: 'refused', status, code: 'answer_invalid', detail: 'the answer is no {id, duplicate}: is this the URL of a source of Nervus?', retryable: false };
  }
  const retryAfterMs = retryAfterOf(retryAfter, nowMs);
  return {
    kind: 'refused', status,
    code: typeof body['code'] === 'string' ? body['code'] : `http_${status}`,
    detail: typeof body['detail'] === 'string' ? body['detail'] : `the answer has status ${status} and no problem document`,
    retryable: status === 408 || status === 429 || status >= 500,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

/** RFC 9110 section 10.2.3: seconds or a date. Undefined for anything else. */
function retryAfterOf(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
  } catch {
    return {};
  }
}
