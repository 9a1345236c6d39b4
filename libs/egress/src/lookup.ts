// SPDX-License-Identifier: Apache-2.0
// The second check: every address that a name resolves to, at the moment of connecting. The connection goes to the very
// addresses that were checked, so that a name cannot change its mind in between.
import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { addressObjection } from './addresses.js';
import { EgressError, refused } from './errors.js';

/** All addresses of a host name, IPv4 and IPv6. Rejects when there are none. */
export type Resolver = (hostname: string) => Promise<readonly string[]>;

/** The system's resolver with everything it knows, hosts file included. */
export const systemResolver: Resolver = async (hostname) => (await systemLookup(hostname, { all: true, order: 'verbatim' })).map(({ address }) => address);

/**
 * A lookup for `net.connect`, undici, and clients of databases and brokers. One bad address among good ones refuses the name:
 * whoever controls the answer would otherwise choose which is taken.
 * @param allowPrivate whether the operator opened internal ranges for these hosts
 */
export function guardedLookup(resolver: Resolver, allowPrivate: boolean): LookupFunction {
  return (hostname, options, callback) => {
    const answer = (addresses: readonly LookupAddress[]): void => {
      const wanted = options.family === 4 || options.family === 'IPv4' ? 4 : options.family === 6 || options.family === 'IPv6' ? 6 : 0;
      const usable = addresses.filter(({ family }) => wanted === 0 || family === wanted);
      const [first] = usable;
      if (!first) callback(notFound(hostname), '');
      else if (options.all) callback(null, usable);
      else callback(null, first.address, first.family);
    };
    checkedAddresses(resolver, hostname, allowPrivate).then(answer, (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), ''));
  };
}

async function checkedAddresses(resolver: Resolver, hostname: string, allowPrivate: boolean): Promise<LookupAddress[]> {
  let addresses: readonly string[];
  try {
    addresses = await resolver(hostname);
  } catch (cause) {
    throw notFound(hostname, cause);
  }
  if (addresses.length === 0) throw notFound(hostname);
  for (const address of addresses) {
    const objection = addressObjection(address, allowPrivate);
    if (objection !== undefined) throw refused('address', `"${hostname}" is refused: it resolves to ${address}, which is ${objection}; an internal target needs a rule that allows private addresses`, { host: hostname, address, range: objection });
  }
  return addresses.map((address) => ({ address, family: isIP(address) }));
}

function notFound(hostname: string, cause?: unknown): EgressError {
  return new EgressError('request_not_sent', `"${hostname}" has no address: is the name right, and does the resolver answer?`, false, true, { reason: 'dns', host: hostname }, { cause });
}
