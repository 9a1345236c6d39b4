// SPDX-License-Identifier: Apache-2.0
import { isIP } from 'node:net';
import { EgressError } from './errors.js';

/** Where a caller may reach: from an operator's configuration, never from a parameter or a message. */
export interface EgressRule {
  /** Exact host names or IP addresses, or `*.example.com` for every name below it. */
  readonly hosts: readonly string[];
  readonly ports: readonly number[];
  /** `GET`, `POST`, ... */
  readonly methods: readonly string[];
  /** @default ['https'] */
  readonly schemes?: readonly ('https' | 'http')[];
  /**
   * Lets the hosts of this rule be inside networks (loopback, private, carrier-grade NAT, unique local). They must then
   * be named exactly. Link-local addresses, where clouds keep their metadata, stay closed.
   * @default false
   */
  readonly allowPrivate?: boolean;
}

/** A rule that was checked, its hosts spelled as URLs spell them. */
export interface CheckedRule {
  readonly exactHosts: ReadonlySet<string>;
  /** Each begins with a dot. */
  readonly hostSuffixes: readonly string[];
  readonly ports: ReadonlySet<number>;
  readonly methods: ReadonlySet<string>;
  readonly schemes: ReadonlySet<string>;
  readonly allowPrivate: boolean;
  /** The same for rules that mean the same: connections are shared under it. */
  readonly key: string;
}

/** Checks a rule. @throws EgressError `egress_rule_invalid` */
export function checkRule(rule: EgressRule): CheckedRule {
  const { hosts, ports, methods, schemes = ['https'], allowPrivate = false } = rule;
  if (hosts.length === 0 || ports.length === 0 || methods.length === 0 || schemes.length === 0) throw invalid('hosts, ports, methods and schemes must not be empty');
  const exactHosts = new Set<string>();
  const hostSuffixes: string[] = [];
  for (const host of hosts) {
    if (!host.startsWith('*.')) {
      exactHosts.add(normalHost(host));
      continue;
    }
    if (allowPrivate) throw invalid(`"${host}" is a wildcard: internal targets must be named exactly`);
    const domain = normalHost(host.slice(2));
    if (!domain.includes('.') || isIP(domain) !== 0) throw invalid(`"${host}" is too wide: expected at least two labels after the star`);
    hostSuffixes.push(`.${domain}`);
  }
  for (const port of ports) if (!Number.isInteger(port) || port < 1 || port > 65_535) throw invalid(`${port} is not a port`);
  for (const method of methods) if (!/^[A-Z]+$/.test(method) || method === 'CONNECT' || method === 'TRACE') throw invalid(`"${method}" is not a method that can be allowed: expected upper-case letters, not CONNECT or TRACE`);
  for (const scheme of schemes) if (scheme !== 'https' && scheme !== 'http') throw invalid(`"${String(scheme)}" is not a scheme that can be allowed: expected https or http`);
  const sorted = [[...exactHosts, ...hostSuffixes], ports.map(String), [...methods], [...schemes]].map((list) => [...new Set(list)].toSorted());
  return { exactHosts, hostSuffixes, ports: new Set(ports), methods: new Set(methods), schemes: new Set(schemes), allowPrivate, key: JSON.stringify([sorted, allowPrivate]) };
}

/** Whether the host of a parsed URL is in the rule. */
export function hostAllowed(hostname: string, { exactHosts, hostSuffixes }: CheckedRule): boolean {
  return exactHosts.has(hostname) || (isIP(bareHost(hostname)) === 0 && hostSuffixes.some((suffix) => hostname.endsWith(suffix) && hostname.length > suffix.length));
}

/** The host without the brackets of IPv6. */
export function bareHost(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

function normalHost(host: string): string {
  const text = isIP(host) === 6 ? `[${host}]` : host;
  const url = URL.parse(`https://${text}/`);
  if (!url || /[/\\?#@:*\s]/.test(text.replace(/^\[.*\]$/, '')) || url.hostname === '' || url.hostname.endsWith('.')) throw invalid(`"${host}" is not a host: expected a name or an IP address, without scheme, port or path`);
  return url.hostname;
}

function invalid(why: string): EgressError {
  return new EgressError('egress_rule_invalid', `the egress rule cannot be used: ${why}`, false, false);
}
