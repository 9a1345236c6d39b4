// SPDX-License-Identifier: Apache-2.0
// What is signed: a request or response as it was on the wire, before any framework merged, decoded or dropped something.
import { SignatureError } from './errors.js';

/** Header lines in order of appearance, repeated names kept apart. */
export type HeaderLines = readonly (readonly [name: string, value: string])[];

/** A request as received or about to be sent. */
export interface RequestMessage {
  readonly method: string;
  /** Scheme, host and port under which this server is known, from configuration and never from `Host`: `https://example.com`. */
  readonly origin: string;
  /** The request target exactly as in the request line: path and query, escapes untouched. */
  readonly target: string;
  readonly headers: HeaderLines;
  /** The raw bytes of the content, before parsing; absent when there is none. */
  readonly body?: Uint8Array;
  readonly trailers?: HeaderLines;
}

/** A response, with the request that it answers where `req` components are wanted. */
export interface ResponseMessage {
  readonly status: number;
  readonly headers: HeaderLines;
  readonly body?: Uint8Array;
  readonly trailers?: HeaderLines;
  readonly request?: RequestMessage;
}

export type Message = RequestMessage | ResponseMessage;

export function isRequest(message: Message): message is RequestMessage {
  return 'method' in message;
}

/** Node's `rawHeaders` as lines: its `headers` object hides a second Authorization and merges the rest. */
export function headerLines(rawHeaders: readonly string[]): HeaderLines {
  if (rawHeaders.length % 2 !== 0) throw new SignatureError('message_malformed', `raw headers come as name and value in turn, found ${rawHeaders.length} strings`);
  return Array.from({ length: rawHeaders.length / 2 }, (_, i) => [rawHeaders[2 * i] ?? '', rawHeaders[2 * i + 1] ?? ''] as const);
}

/** Headers that must not occur twice: whoever looks at the other one acts on something else than what was signed. */
const singletons = new Set(['authorization', 'content-length', 'content-location', 'content-type', 'date', 'dpop', 'etag', 'expires', 'from', 'host', 'if-modified-since', 'if-unmodified-since', 'last-modified', 'location', 'max-forwards', 'origin', 'proxy-authorization', 'range', 'referer', 'retry-after', 'user-agent']);

/** Refuses a message that different readers would understand differently. */
export function checkMessage(message: Message): void {
  const seen = new Set<string>();
  for (const [name] of message.headers) {
    const lower = name.toLowerCase();
    if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(lower)) throw new SignatureError('message_malformed', `"${name}" is not a header name`, { name });
    if (singletons.has(lower) && seen.has(lower)) throw new SignatureError('header_repeated', `the header "${name}" occurs more than once, expected one`, { name: lower });
    seen.add(lower);
  }
  if (message.body === undefined && announcesContent(message)) {
    throw new SignatureError('message_malformed', 'the message announces content, but its raw bytes were not given: keep them before parsing');
  }
}

function announcesContent(message: Message): boolean {
  if (!isRequest(message) && (message.status === 204 || message.status === 304 || message.request?.method === 'HEAD')) return false;
  return message.headers.some(([name, value]) => {
    const lower = name.toLowerCase();
    return lower === 'transfer-encoding' || (lower === 'content-length' && value.trim() !== '0');
  });
}

/** The values of a header in order, without surrounding white space and with obsolete folding undone (RFC 9421 section 2.1). */
export function fieldLines(lines: HeaderLines, name: string): string[] {
  return lines.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value.replaceAll(/\r?\n[ \t]+/g, ' ').replaceAll(/^[ \t]+|[ \t]+$/g, ''));
}

/** The origin and target taken apart, normalised as RFC 9421 section 2.2 wants it and no further. */
export interface RequestTarget {
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  /** With its question mark; a lone one when there is no query. */
  readonly query: string;
  readonly uri: string;
}

/** Takes a request's target apart. Only origin-form is accepted: with absolute-form the sender would choose the authority. */
export function requestTarget({ origin, target }: RequestMessage): RequestTarget {
  const [, scheme = '', host = '', port = ''] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(\[[0-9A-Fa-f:.]+\]|[^/?#@:[\]\s]+)(?::([0-9]+))?\/?$/.exec(origin) ?? [];
  if (!host) throw new SignatureError('message_malformed', `"${origin}" is not an origin: expected scheme://host[:port]`, { origin });
  if (!/^(?:\/[\u0021-\u007e]*|\?[\u0021-\u007e]*|)$/.test(target) || target.includes('#')) throw new SignatureError('message_malformed', `"${target}" is not a request target in origin form: expected a path with an optional query`, { target });
  const lower = scheme.toLowerCase();
  const defaultPort = { http: '80', https: '443' }[lower];
  const authority = host.toLowerCase() + (port === '' || port === defaultPort ? '' : `:${port}`);
  const mark = target.indexOf('?');
  const path = (mark < 0 ? target : target.slice(0, mark)) || '/';
  const query = mark < 0 ? '' : target.slice(mark);
  return { scheme: lower, authority, path, query: query || '?', uri: `${lower}://${authority}${path}${query}` };
}
