// SPDX-License-Identifier: Apache-2.0
// Which addresses may be connected to. Everything that is not plainly on the public internet is refused, also what no
// list of private ranges names: the deprecated, the translated and the reserved.
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The only part of IPv6 that is given out as global unicast: without this, `::127.0.0.1` would count as public. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

/** What an operator can open: inside networks. Link-local (where metadata services are), multicast and the rest never. */
const internalRanges = new Set<string>(['loopback', 'private', 'carrierGradeNat', 'uniqueLocal']);

/**
 * Why the address must not be connected to; `undefined` when it may.
 * @param address IPv4 or IPv6 in text, as DNS or a parsed URL gives it
 * @param allowPrivate whether the operator opened internal ranges
 */
export function addressObjection(address: string, allowPrivate: boolean): string | undefined {
  if (isIP(address) === 0) return 'not an IP address';
  if (address.includes('%')) return 'an address with a zone';
  // Unmaps ::ffff:a.b.c.d, so that the address is judged as what it connects to.
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  if (allowPrivate && internalRanges.has(range)) return undefined;
  if (range !== 'unicast') return range;
  return parsed.kind() === 'ipv6' && !parsed.match(globalUnicast) ? 'outside global unicast' : undefined;
}
