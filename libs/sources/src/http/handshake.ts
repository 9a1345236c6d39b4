// SPDX-License-Identifier: Apache-2.0
// What is answered to OPTIONS: the abuse protection of CloudEvents (HTTP 1.1 Web Hooks for Event Delivery 1.0, section 4),
// and the preflight of browsers (Fetch standard, section 3.2). Consent is a header, never the status alone.
import { type SourceOf, sourceKey } from '../manifest/source-manifest.js';
import { Refusal } from '../refusal.js';

type PushedSource = SourceOf<'webhook' | 'cloudevents'>;
type Header = (name: string) => string | undefined;

/** Status and headers of an answer without a body. */
export interface EmptyAnswer {
  readonly status: 200 | 204;
  readonly headers: Readonly<Record<string, string>>;
}

/** Seconds for which a browser may remember a preflight. */
const preflightSeconds = '600';
/** Headers of the schemes that a page may set, beside those that the manifest's own scheme names. */
const sent = ['content-type', 'traceparent', 'webhook-id', 'webhook-timestamp', 'webhook-signature'];

/**
 * @throws Refusal 403 for a sender or page that the manifest does not name, 405 where nobody is asked
 */
export function optionsAnswer(source: PushedSource, header: Header): EmptyAnswer {
  if (header('webhook-request-origin') !== undefined) return handshake(source, header);
  if (header('access-control-request-method') !== undefined) return preflight(source, header);
  throw new Refusal(405, 'method_not_allowed', 'OPTIONS is answered for the handshake of CloudEvents web hooks (WebHook-Request-Origin) and for the preflight of browsers. Events are sent by POST.');
}

/** Headers that let a page which may send events read the answers; none for anybody else. */
export function corsHeaders({ spec }: PushedSource, origin: string | undefined): Readonly<Record<string, string>> {
  if (spec.browserOrigins.length === 0) return {};
  const granted = origin !== undefined && spec.browserOrigins.includes(origin);
  return { vary: 'origin', ...(granted && { 'access-control-allow-origin': origin, 'access-control-expose-headers': 'retry-after' }) };
}

function handshake({ spec, ...source }: PushedSource, header: Header): EmptyAnswer {
  const allowed = spec.kind === 'cloudevents' ? spec.allowedOrigins : [];
  if (allowed.length === 0) throw new Refusal(405, 'method_not_allowed', `${sourceKey(source)} answers no handshake: its manifest has no allowedOrigins. Events are sent by POST.`);
  const origin = header('webhook-request-origin') ?? '';
  if (!allowed.includes('*') && !allowed.includes(origin.toLowerCase())) throw new Refusal(403, 'origin_not_allowed', `${JSON.stringify(origin.slice(0, 100))} is none of the allowedOrigins of this source.`);
  const wanted = header('webhook-request-rate');
  if (wanted !== undefined && !/^[1-9]\d{0,8}$/.test(wanted)) throw new Refusal(400, 'handshake_invalid', 'WebHook-Request-Rate must be a whole number of requests a minute.');
  const perMinute = Math.max(1, Math.floor(spec.limits.perSecond * 60));
  return {
    status: 200,
    headers: { allow: 'POST, OPTIONS', 'webhook-allowed-origin': origin, 'webhook-allowed-rate': String(wanted === undefined ? perMinute : Math.min(perMinute, Number(wanted))) },
  };
}

function preflight(source: PushedSource, header: Header): EmptyAnswer {
  const granted = corsHeaders(source, header('origin'));
  if (granted['access-control-allow-origin'] === undefined) throw new Refusal(403, 'origin_not_allowed', `${JSON.stringify((header('origin') ?? '').slice(0, 100))} is none of the browserOrigins of this source.`);
  const { auth, kind } = source.spec;
  const own = auth.kind === 'hmac' ? [auth.header, auth.timestampHeader, auth.idHeader].filter((name) => name !== undefined) : [];
  const events = kind === 'cloudevents' ? ['specversion', 'id', 'source', 'type', 'subject', 'time', 'dataschema', 'traceparent', 'tracestate', 'hops'].map((name) => `ce-${name}`) : [];
  return { status: 204, headers: { ...granted, 'access-control-allow-methods': 'POST', 'access-control-allow-headers': [...sent, ...events, ...own].join(', '), 'access-control-max-age': preflightSeconds } };
}
