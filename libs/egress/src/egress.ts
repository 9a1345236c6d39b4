// SPDX-License-Identifier: Apache-2.0
import { checkDestination, destinationName, parseDestination } from './destination.js';
import { acceptedCodings, decodeContent } from './decoding.js';
import { afterSending, EgressError, isSafe, refused } from './errors.js';
import { exchange, tooLarge } from './exchange.js';
import type { IncomingResponse, OutgoingRequest } from './exchange.js';
import { checkHeaders, headerRecord, headerValue } from './headers.js';
import { systemResolver } from './lookup.js';
import type { Resolver } from './lookup.js';
import { Pools } from './pools.js';
import { nextRequest } from './redirects.js';
import { checkRule } from './rule.js';
import type { CheckedRule, EgressRule } from './rule.js';

/** How the client is set up, once per process. */
export interface EgressOptions {
  /** @default the system's resolver */
  readonly resolver?: Resolver;
  /** Certificates of own authorities in PEM, trusted in place of the well-known ones. */
  readonly certificateAuthorities?: readonly string[];
  /** Connections to one host under one rule. @default 32 */
  readonly connectionsPerHost?: number;
  /** Rules whose connections are kept open. @default 100 */
  readonly maxRules?: number;
  /** Said to targets. @default 'nervus' */
  readonly userAgent?: string;
}

/** One request. */
export interface EgressRequest {
  /** Absolute URL; its fragment is dropped. */
  readonly url: string;
  /** @default 'GET' */
  readonly method?: string;
  /** Connection headers and `host` cannot be set. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Where this caller may reach. */
  readonly rule: EgressRule;
  /** For all of it, in milliseconds: lookup, connection, redirects and the last byte of the response. @default 10,000 */
  readonly timeoutMs?: number;
  /** Bytes of content accepted, counted before and after decoding. @default 1 MiB */
  readonly maxResponseBytes?: number;
  /** Media types accepted of successful responses, without parameters. @default any */
  readonly contentTypes?: readonly string[];
  /** Redirects followed, at most 3. An effect that was approved for one URL takes 0 and gets the 3xx response. @default 3 */
  readonly maxRedirects?: number;
  readonly signal?: AbortSignal;
}

/** A complete response of whatever status. */
export interface EgressResponse {
  readonly status: number;
  /** By lower-case name, without cookies. */
  readonly headers: Readonly<Record<string, string>>;
  /** Name and value in turn, as they came. */
  readonly rawHeaders: readonly string[];
  /** Content codings undone. */
  readonly body: Buffer;
  /** Where it came from in the end. */
  readonly url: string;
}

/** The one way out. */
export interface Egress {
  /**
   * Sends a request to a destination that its rule allows.
   * @throws EgressError: see its `code`, and `outcome` for what an action may report
   */
  request(request: EgressRequest): Promise<EgressResponse>;
  /** Closes idle connections, and the others as their requests end. */
  close(): Promise<void>;
}

const mostRedirects = 3;

/** The guarded HTTP client. */
export function createEgress(options: EgressOptions = {}): Egress {
  const { resolver = systemResolver, certificateAuthorities, connectionsPerHost = 32, maxRules = 100, userAgent = 'nervus' } = options;
  const pools = new Pools({ resolver, connectionsPerHost, maxRules, ...(certificateAuthorities ? { certificateAuthorities } : {}) });
  return {
    async request(request) {
      const rule = checkRule(request.rule);
      const first = prepare(request, rule, userAgent);
      const deadline = new AbortController();
      const timeoutMs = request.timeoutMs ?? 10_000;
      const timer = setTimeout(() => deadline.abort(new DOMException(`the time of ${timeoutMs} ms ran out`, 'TimeoutError')), timeoutMs);
      try {
        return await follow(pools, rule, first, request, request.signal ? AbortSignal.any([deadline.signal, request.signal]) : deadline.signal);
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => pools.close(),
  };
}

/** Everything that can be refused before a connection is thought of. */
function prepare({ url: text, method = 'GET', headers = {}, body, maxRedirects = mostRedirects }: EgressRequest, rule: CheckedRule, userAgent: string): OutgoingRequest {
  const url = parseDestination(text);
  url.hash = '';
  checkDestination(url, method, rule);
  if (!Number.isInteger(maxRedirects) || maxRedirects < 0 || maxRedirects > mostRedirects) throw refused('redirect', `maxRedirects is ${maxRedirects}, expected 0 to ${mostRedirects}`);
  return { url, method, headers: { 'user-agent': userAgent, 'accept-encoding': acceptedCodings, ...checkHeaders(headers) }, body: typeof body === 'string' ? Buffer.from(body) : body };
}

async function follow(pools: Pools, rule: CheckedRule, first: OutgoingRequest, options: EgressRequest, signal: AbortSignal): Promise<EgressResponse> {
  const { maxRedirects = mostRedirects } = options;
  let request = first;
  let answered = false;
  try {
    for (let hop = 0; ; hop++) {
      const response = await send(pools, rule, request, options, signal);
      answered = true;
      const next = maxRedirects > 0 ? nextRequest(request, response) : undefined;
      if (!next) return await accept(request, response, options);
      if (hop === maxRedirects) throw refused('redirect', `the redirect from ${destinationName(request.url)} is refused: ${maxRedirects} were followed already`);
      checkDestination(next.url, next.method, rule);
      request = next;
    }
  } catch (error) {
    throw error instanceof EgressError && answered ? afterSending(error, isSafe(first.method)) : error;
  }
}

function send(pools: Pools, rule: CheckedRule, request: OutgoingRequest, { maxResponseBytes = 1_048_576, contentTypes }: EgressRequest, signal: AbortSignal): Promise<IncomingResponse> {
  return exchange(pools.dispatcherFor(rule), request, {
    signal,
    maxResponseBytes,
    checkHead(status, rawHeaders) {
      const announced = Number(headerValue(rawHeaders, 'content-length') ?? 0);
      if (request.method !== 'HEAD' && announced > maxResponseBytes) throw tooLarge(request, maxResponseBytes, status);
      const type = headerValue(rawHeaders, 'content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
      if (contentTypes && status >= 200 && status < 300 && status !== 204 && !contentTypes.includes(type)) {
        throw answerRefused(request, status, `its content type is "${type}", expected ${contentTypes.join(' or ')}`);
      }
    },
  });
}

async function accept(request: OutgoingRequest, { status, rawHeaders, content }: IncomingResponse, { maxResponseBytes = 1_048_576 }: EgressRequest): Promise<EgressResponse> {
  const body = await decodeContent(content, headerValue(rawHeaders, 'content-encoding') ?? '', maxResponseBytes);
  if (body === 'too_large') throw tooLarge(request, maxResponseBytes, status);
  if (typeof body === 'string') throw answerRefused(request, status, `its content coding is ${body}`);
  return { status, headers: headerRecord(rawHeaders), rawHeaders, body, url: request.url.href };
}

function answerRefused({ url }: OutgoingRequest, status: number, why: string): EgressError {
  const destination = destinationName(url);
  return new EgressError('response_refused', `${destination} answered, but ${why}`, true, false, { destination, status });
}
