// SPDX-License-Identifier: Apache-2.0
import type { PublicJwk } from '@nervus/contracts';

/**
 * Public part of a key that signs access tokens. The private part lives in the memory of the process that made it and
 * nowhere else; when the process ends, the key only verifies what it signed.
 */
export interface TokenKeyState {
  readonly jwk: PublicJwk;
  readonly published: true;
  /** Milliseconds since the epoch from which no token that it signed can still be good. */
  readonly removeAt: number;
}
