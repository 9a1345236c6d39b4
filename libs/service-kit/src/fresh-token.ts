// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from 'node:timers/promises';

const everyMs = 100;
/** Less than a client waits for an authentication to be over. */
const longestMs = 8_000;

/**
 * The token of a file that somebody else renews. When the machine was asleep, the process may wake before whoever renews
 * it: an expired token is waited for a little to be replaced, and then given as it is, for the broker to say so.
 */
export async function freshToken(read: () => string, now: () => number = Date.now): Promise<string> {
  const until = now() + longestMs;
  let token = read();
  while (expiryOf(token) <= now() && now() < until) {
    await pause(everyMs);
    token = read();
  }
  return token;
}

/** Milliseconds since the epoch; never, for what does not say. */
function expiryOf(token: string): number {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as { readonly exp?: unknown };
    return typeof claims.exp === 'number' ? claims.exp * 1000 : Infinity;
  } catch {
    return Infinity;
  }
}
