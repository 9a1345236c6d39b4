// SPDX-License-Identifier: Apache-2.0
import type { PublicJwk } from '@nervus/contracts';
import { canonicalize } from './canonical-json.js';
import { digestOf } from './digest.js';
import { VerificationError } from './errors.js';
import { parsePublicJwk } from './jwk.js';
import { parseJsonObject } from './strict-jws.js';

/** The public root of trust of one installation: the file `trust-bundle.json`, pinned by its thumbprint. */
export interface TrustBundle {
  /** SPIFFE trust domain, such as `nervus.local`. */
  readonly trustDomain: string;
  /** Keys that may vouch for identity's own keys; two while a root is replaced. */
  readonly rootKeys: readonly PublicJwk[];
  /** Key that evidence of enrolments is encrypted to. */
  readonly enrolmentKey: PublicJwk;
  /** Raised with every change. */
  readonly version: number;
}

/** base64url(SHA-256) over the bundle's JCS form: what every service's configuration pins. */
export const thumbprintOfBundle = (bundle: TrustBundle): string => digestOf(bundle);

/** The file's content. */
export const formatTrustBundle = (bundle: TrustBundle): string => `${canonicalize(bundle)}\n`;

/**
 * Reads a bundle and holds it to the pinned thumbprint.
 * @param pinned thumbprint from the configuration; without it the bundle comes from a place that is trusted by itself
 * @throws VerificationError `malformed`, `jwk_malformed`, `bundle_malformed` or `bundle_not_pinned`
 */
export function parseTrustBundle(bytes: Uint8Array | string, pinned?: string): TrustBundle {
  const { trustDomain, rootKeys, enrolmentKey, version, ...rest } = parseJsonObject(bytes, 'trust bundle');
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw refused(`does not know the member "${unknown}"`);
  if (typeof trustDomain !== 'string' || !/^[a-z0-9._-]{1,255}$/.test(trustDomain)) throw refused('trustDomain must be a SPIFFE trust domain');
  if (!Number.isSafeInteger(version) || Number(version) < 1) throw refused('version must be a whole number from 1');
  if (!Array.isArray(rootKeys) || rootKeys.length < 1 || rootKeys.length > 8) throw refused('rootKeys must hold 1 to 8 keys');
  const bundle: TrustBundle = { trustDomain, rootKeys: rootKeys.map(parsePublicJwk), enrolmentKey: parsePublicJwk(enrolmentKey), version: Number(version) };
  const thumbprint = thumbprintOfBundle(bundle);
  if (pinned !== undefined && thumbprint !== pinned) {
    throw new VerificationError('bundle_not_pinned', `the trust bundle has the thumbprint ${thumbprint}, the configuration pins ${pinned}: one of them belongs to another installation`, { thumbprint, pinned });
  }
  return bundle;
}

const refused = (message: string): VerificationError => new VerificationError('bundle_malformed', `trust bundle: ${message}`);
