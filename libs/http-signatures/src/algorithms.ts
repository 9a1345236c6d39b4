// SPDX-License-Identifier: Apache-2.0
// The algorithms of RFC 9421 section 3.3 on node:crypto. ECDSA signatures are raw r||s, not DER.
import { constants, createHmac, sign, timingSafeEqual, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { SignatureError } from './errors.js';

/** What may sign messages here. */
export type SignatureAlgorithm = 'ecdsa-p256-sha256' | 'ecdsa-p384-sha384' | 'ed25519' | 'rsa-pss-sha512' | 'rsa-v1_5-sha256';
/** Shared secrets prove nothing to a third party: HMAC exists for the published vectors only and is not exported. */
export type AnyAlgorithm = SignatureAlgorithm | 'hmac-sha256';

interface Scheme {
  readonly fits: (key: KeyObject) => boolean;
  readonly sign: (data: Uint8Array, key: KeyObject) => Uint8Array;
  readonly verify: (data: Uint8Array, key: KeyObject, signature: Uint8Array) => boolean;
}

const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 };
const isRsa = ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject) => asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;

const schemes: Readonly<Record<AnyAlgorithm, Scheme>> = {
  'ecdsa-p256-sha256': ecdsa('sha256', 'prime256v1'),
  'ecdsa-p384-sha384': ecdsa('sha384', 'secp384r1'),
  ed25519: {
    fits: (key) => key.asymmetricKeyType === 'ed25519',
    sign: (data, key) => sign(null, data, key),
    verify: (data, key, signature) => verify(null, data, key, signature),
  },
  'rsa-pss-sha512': {
    fits: (key) => isRsa(key) || key.asymmetricKeyType === 'rsa-pss',
    sign: (data, key) => sign('sha512', data, { key, ...pss }),
    verify: (data, key, signature) => verify('sha512', data, { key, ...pss }, signature),
  },
  'rsa-v1_5-sha256': {
    fits: isRsa,
    sign: (data, key) => sign('sha256', data, key),
    verify: (data, key, signature) => verify('sha256', data, key, signature),
  },
  'hmac-sha256': {
    fits: (key) => key.type === 'secret',
    sign: (data, key) => createHmac('sha256', key).update(data).digest(),
    verify(data, key, signature) {
      const expected = createHmac('sha256', key).update(data).digest();
      return expected.length === signature.length && timingSafeEqual(expected, signature);
    },
  },
};

/** Signs the base. @throws SignatureError `algorithm_mismatch` when the key is not one for the algorithm */
export function signBytes(algorithm: AnyAlgorithm, key: KeyObject, base: Uint8Array): Uint8Array {
  return schemeFor(algorithm, key).sign(base, key);
}

/** Whether the signature fits. @throws SignatureError `algorithm_mismatch` when the key is not one for the algorithm */
export function verifyBytes(algorithm: AnyAlgorithm, key: KeyObject, base: Uint8Array, signature: Uint8Array): boolean {
  return schemeFor(algorithm, key).verify(base, key, signature);
}

function schemeFor(algorithm: AnyAlgorithm, key: KeyObject): Scheme {
  const scheme = schemes[algorithm];
  if (!scheme.fits(key)) throw new SignatureError('algorithm_mismatch', `the key (${key.asymmetricKeyType ?? key.type}) cannot be used for ${algorithm}`, { algorithm });
  return scheme;
}

function ecdsa(hash: string, curve: string): Scheme {
  return {
    fits: (key) => key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === curve,
    sign: (data, key) => sign(hash, data, { key, dsaEncoding: 'ieee-p1363' }),
    verify: (data, key, signature) => verify(hash, data, { key, dsaEncoding: 'ieee-p1363' }, signature),
  };
}
