// SPDX-License-Identifier: Apache-2.0

/** Remembers nonces, so that no message counts twice. Shared by all processes that accept the same keys. */
export interface NonceStore {
  /**
   * Records the nonce of a key in one atomic step: true for the first to ask, false for everyone after.
   * It may forget after `untilUnixSeconds`. When it cannot tell, it must throw: nothing is accepted then.
   */
  claim(keyid: string, nonce: string, untilUnixSeconds: number): boolean | Promise<boolean>;
}

/** Nonces in the memory of one process, for receivers with a single process and for tests. Full means closed, not forgetful. */
export class MemoryNonceStore implements NonceStore {
  private readonly claimed = new Map<string, number>();

  /**
   * @param unixSeconds the clock
   * @param capacity nonces held at once
   */
  constructor(
    private readonly unixSeconds: () => number,
    private readonly capacity: number = 100_000,
  ) {}

  claim(keyid: string, nonce: string, untilUnixSeconds: number): boolean {
    const now = this.unixSeconds();
    const id = JSON.stringify([keyid, nonce]);
    const until = this.claimed.get(id);
    if (until !== undefined && until >= now) return false;
    if (this.claimed.size >= this.capacity) this.forgetExpired(now);
    if (this.claimed.size >= this.capacity) throw new Error(`the nonce store is full (${this.capacity}): wait for nonces to expire or raise its capacity`);
    this.claimed.set(id, untilUnixSeconds);
    return true;
  }

  private forgetExpired(now: number): void {
    for (const [id, until] of this.claimed) if (until < now) this.claimed.delete(id);
  }
}
