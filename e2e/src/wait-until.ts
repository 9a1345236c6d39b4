// SPDX-License-Identifier: Apache-2.0

const lookEveryMs = 100;

/**
 * Looks until something holds. @returns what was found
 * @param what for the message, such as `every effect at the desk`
 * @throws Error when it does not hold within the time
 */
export async function waitUntil<T>(what: string, limitMs: number, look: () => T | undefined | false | Promise<T | undefined | false>, everyMs = lookEveryMs): Promise<T> {
  const until = Date.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > until) throw new Error(`${what}: not within ${limitMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
