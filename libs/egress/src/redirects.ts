// SPDX-License-Identifier: Apache-2.0
import { parseDestination } from './destination.js';
import { refused } from './errors.js';
import type { IncomingResponse, OutgoingRequest } from './exchange.js';
import { headerValue } from './headers.js';

/** The headers that another host may see: any other could be a credential under a name that nobody listed. */
const sharedHeaders = new Set(['accept', 'accept-encoding', 'accept-language', 'content-type', 'user-agent']);
const redirectStatuses = new Set([301, 302, 303, 307, 308]);

/** The request that a redirect asks for, `undefined` when the response is none. @throws EgressError `egress_refused` */
export function nextRequest(request: OutgoingRequest, { status, rawHeaders }: IncomingResponse): OutgoingRequest | undefined {
  const location = headerValue(rawHeaders, 'location');
  if (!redirectStatuses.has(status) || location === undefined) return undefined;
  const url = parseDestination(location, request.url);
  url.hash = '';
  if (request.url.protocol === 'https:' && url.protocol === 'http:') throw refused('redirect', 'the redirect is refused: it leads from https to http', { status });
  // RFC 9110 section 15.4: a POST may become a GET, and after 303 everything but HEAD does.
  const becomesGet = (status === 303 && request.method !== 'HEAD') || ((status === 301 || status === 302) && request.method === 'POST');
  const sameOrigin = url.origin === request.url.origin;
  const headers = Object.entries(request.headers).filter(([name]) => (sameOrigin || sharedHeaders.has(name)) && !(becomesGet && /^(?:content-|signature|digest)/.test(name)));
  return { url, method: becomesGet ? 'GET' : request.method, headers: Object.fromEntries(headers), body: becomesGet ? undefined : request.body };
}
