// SPDX-License-Identifier: Apache-2.0
import { until } from '@nervus/fault-harness';

/**
 * Looks until something holds. @returns what was found
 * @param what for the message, such as `every effect at the desk`
 * @throws Error when it does not hold within the time
 */
export const waitUntil = <T>(what: string, limitMs: number, look: () => T | undefined | false | Promise<T | undefined | false>, everyMs?: number): Promise<T> => until(what, { limitMs, everyMs }, look);
