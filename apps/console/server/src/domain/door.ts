// SPDX-License-Identifier: Apache-2.0
import { Problem } from './problem.js';

/** What of a request decides whether it may come in at all. */
export interface Knock {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site` (Fetch Metadata). */
  readonly fetchSite: string | undefined;
  readonly remoteAddress: string | undefined;
  /** True when a proxy says that it stands in between. */
  readonly forwarded: boolean;
}

/** Methods that change nothing. Everything else needs our origin. */
const safe = new Set(['GET', 'HEAD']);

/** Where the console may be reached: its hosts and the origins of its own pages. */
export class Door {
  private readonly origins: ReadonlySet<string>;
  private readonly hosts: ReadonlySet<string>;
  readonly secure: boolean;
  private readonly local: boolean;

  /** @param port of the own server; known only once it listens */
  constructor(origin: string, port: number) {
    this.local = origin === '';
    this.secure = origin.startsWith('https:');
    this.origins = new Set(this.local ? [`http://localhost:${port}`, `http://127.0.0.1:${port}`] : [origin]);
    this.hosts = new Set([...this.origins].map((one) => new URL(one).host));
  }

  /** Name of the session cookie: bound to this host by its prefix where that can be (RFC 6265bis). */
  get cookieName(): string {
    return this.secure ? '__Host-nervus' : 'nervus_session';
  }

  /**
   * Refuses other hosts (a foreign name that resolves to this machine) and, for what changes something, other origins.
   * @throws Problem 404, 403 `foreign_origin`
   */
  check({ method, host, origin, fetchSite }: Knock, needsOrigin: boolean): void {
    if (host === undefined || !this.hosts.has(host)) throw new Problem(404, 'not_found', 'There is nothing here.');
    if (safe.has(method)) return;
    const foreign = origin === undefined ? needsOrigin : !this.origins.has(origin);
    if (foreign || (fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none')) throw new Problem(403, 'foreign_origin', 'This was not sent by a page of this console.');
  }

  /** Links and tokens of the launcher are for people at this machine. */
  isLocal({ remoteAddress, forwarded }: Knock): boolean {
    return this.local && !forwarded && remoteAddress !== undefined && /^(127\.|::1$|::ffff:127\.)/.test(remoteAddress);
  }
}
