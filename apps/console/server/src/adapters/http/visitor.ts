// SPDX-License-Identifier: Apache-2.0
import type { Visitor } from '../../domain/session.js';
import type { ConsoleRequest } from './request.js';

/** Who sent a request that the guard let in. */
export function visitorOf({ visitor }: ConsoleRequest): Visitor {
  if (!visitor) throw new Error('a route without a guard was asked for its visitor');
  return visitor;
}
