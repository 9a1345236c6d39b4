// SPDX-License-Identifier: Apache-2.0
import { Agent } from 'undici';
import type { Dispatcher } from 'undici';
import { checkDestination } from './destination.js';
import { refused } from './errors.js';
import { guardedLookup } from './lookup.js';
import type { Resolver } from './lookup.js';
import type { CheckedRule } from './rule.js';

/** How connections are made. */
export interface PoolOptions {
  readonly resolver: Resolver;
  /** Certificates of own authorities in PEM, in place of the well-known ones. */
  readonly certificateAuthorities?: readonly string[];
  /** Connections to one host at a time. */
  readonly connectionsPerHost: number;
  /** Rules whose connections are kept. */
  readonly maxRules: number;
}

interface RulePool {
  readonly agent: Agent;
  readonly dispatcher: Dispatcher;
}

/**
 * Kept connections, one set per rule: a connection that one rule opened never serves another, whose checks it did not pass.
 * The rule used longest ago is closed first.
 */
export class Pools {
  private readonly pools = new Map<string, RulePool>();

  constructor(private readonly options: PoolOptions) {}

  /** The dispatcher that enforces the rule on whatever is sent through it. */
  dispatcherFor(rule: CheckedRule): Dispatcher {
    const pool = this.pools.get(rule.key) ?? this.open(rule);
    this.pools.delete(rule.key);
    this.pools.set(rule.key, pool);
    const [oldest] = this.pools;
    if (oldest && this.pools.size > this.options.maxRules) {
      this.pools.delete(oldest[0]);
      // Lets what is under way finish; each request has its own deadline.
      oldest[1].agent.close().catch(() => {});
    }
    return pool.dispatcher;
  }

  /** Closes what is idle at once and the rest as its requests end. */
  async close(): Promise<void> {
    const pools = [...this.pools.values()];
    this.pools.clear();
    await Promise.all(pools.map(({ agent }) => agent.close()));
  }

  private open(rule: CheckedRule): RulePool {
    const { resolver, certificateAuthorities, connectionsPerHost } = this.options;
    const agent = new Agent({
      connect: { lookup: guardedLookup(resolver, rule.allowPrivate), ...(certificateAuthorities ? { ca: [...certificateAuthorities] } : {}) },
      connections: connectionsPerHost,
      pipelining: 1,
      // One request per connection at a time: then "was it sent" has a clear answer.
      allowH2: false,
      // The caller's deadline governs; this only ends attempts that nobody waits for any more.
      connectTimeout: 10_000,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const guard: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (request, handler) => {
      const origin = request.origin === undefined ? null : URL.parse(String(request.origin));
      if (!origin) throw refused('url', 'the request has no origin');
      checkDestination(origin, request.method, rule);
      return dispatch(request, handler);
    };
    return { agent, dispatcher: agent.compose(guard) };
  }
}
