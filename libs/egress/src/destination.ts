// SPDX-License-Identifier: Apache-2.0
// The first of the two checks: on every hop, before anything is looked up. It also judges IP literals, because a client
// that connects to a literal never asks the lookup.
import { isIP } from 'node:net';
import { addressObjection } from './addresses.js';
import { refused } from './errors.js';
import { bareHost, hostAllowed } from './rule.js';
import type { CheckedRule } from './rule.js';

/** The URL without query and credentials, for messages. */
export function destinationName(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/** Parses an absolute URL as browsers do, which undoes all spellings of IPv4. @throws EgressError `egress_refused` */
export function parseDestination(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (!url) throw refused('url', 'the destination is not an absolute URL');
  return url;
}

/** Compares a destination with the rule. @throws EgressError `egress_refused` with the reason */
export function checkDestination(url: URL, method: string, rule: CheckedRule): void {
  const destination = destinationName(url);
  const scheme = url.protocol.slice(0, -1);
  if (!rule.schemes.has(scheme)) throw refused('scheme', `${destination} is refused: the scheme "${scheme}" is not allowed, expected ${[...rule.schemes].join(' or ')}`, { destination });
  if (url.username !== '' || url.password !== '') throw refused('credentials', `${destination} is refused: a URL must not hold a user name or password`, { destination });
  if (!rule.methods.has(method)) throw refused('method', `${method} ${destination} is refused: expected ${[...rule.methods].join(' or ')}`, { destination });
  const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port);
  if (!rule.ports.has(port)) throw refused('port', `${destination} is refused: the port ${port} is not allowed, expected ${[...rule.ports].join(' or ')}`, { destination });
  if (!hostAllowed(url.hostname, rule)) throw refused('host', `${destination} is refused: the host "${url.hostname}" is not in the allow-list`, { destination });
  const host = bareHost(url.hostname);
  const objection = isIP(host) === 0 ? undefined : addressObjection(host, rule.allowPrivate);
  if (objection !== undefined) throw refused('address', `${destination} is refused: ${host} is ${objection}; an internal target needs a rule that allows private addresses`, { destination, address: host, range: objection });
}
