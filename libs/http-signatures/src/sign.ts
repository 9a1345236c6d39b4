// SPDX-License-Identifier: Apache-2.0
import type { KeyObject } from 'node:crypto';
import { signBytes } from './algorithms.js';
import type { SignatureAlgorithm } from './algorithms.js';
import { SignatureError } from './errors.js';
import { checkMessage } from './message.js';
import type { Message } from './message.js';
import { signatureBase } from './signature-base.js';
import { parseIdentifier, serializeInnerList } from './structured-fields.js';
import type { FieldType, InnerList } from './structured-fields.js';

/** The key that signs: its private part, or its holder where the private part never leaves it. */
export type SigningKey = {
  /** By which verifiers find the public key; for workload keys the RFC 7638 thumbprint. */
  readonly keyid: string;
  readonly algorithm: SignatureAlgorithm;
} & (
  | { readonly privateKey: KeyObject }
  /** Signs bytes in the form of the algorithm; for ECDSA that is raw r || s. */
  | { readonly sign: (base: Uint8Array) => Uint8Array }
);

/** What a signature covers and says. */
export interface SigningOptions {
  readonly key: SigningKey;
  /**
   * Components in order: names (`@method`, `content-type`) or whole identifiers (`"@query-param";name="Pet"`).
   * Content is protected only when `content-digest` is among them: see contentDigest.
   */
  readonly components: readonly string[];
  /** When it is made, in seconds since 1970, from the caller's clock. */
  readonly created: number;
  /** When it ends, in seconds since 1970. @default none: verifiers set their own limit */
  readonly expires?: number;
  /** Different for every message; verifiers may demand it. */
  readonly nonce?: string;
  /** What the signature is for, so that it cannot be passed off as another. */
  readonly tag?: string;
  /** Name of this signature within the message. @default 'sig' */
  readonly label?: string;
  /** Whether to state the algorithm. @default false: the key says it */
  readonly statesAlgorithm?: boolean;
  /** Types of structured fields beside the known ones, for `sf` and `key`. */
  readonly fieldTypes?: Readonly<Record<string, FieldType>>;
}

/** The two header values to add to the message, as further lines when it has such headers already. */
export interface SignatureHeaders {
  readonly 'signature-input': string;
  readonly signature: string;
}

/**
 * Signs a message as it will be on the wire.
 * @throws SignatureError when a component is missing, repeated or unsupported, or the key does not fit its algorithm
 */
export function sign(message: Message, options: SigningOptions): SignatureHeaders {
  checkMessage(message);
  const { key, label = 'sig' } = options;
  if (!/^[a-z*][a-z0-9_\-.*]*$/.test(label)) throw new SignatureError('signature_malformed', `"${label}" is not a label: expected lower-case letters, digits and _-.*`, { label });
  for (const time of [options.created, options.expires ?? 0]) if (!Number.isSafeInteger(time) || time < 0) throw new SignatureError('signature_malformed', `${time} is not a time: expected whole seconds since 1970`, { label });
  const stated: [string, string | number | undefined][] = [
    ['created', options.created],
    ['expires', options.expires],
    ['keyid', key.keyid],
    ['alg', options.statesAlgorithm ? key.algorithm : undefined],
    ['nonce', options.nonce],
    ['tag', options.tag],
  ];
  const parameters = new Map(stated.filter((entry): entry is [string, string | number] => entry[1] !== undefined));
  const input: InnerList = [options.components.map(parseIdentifier), parameters];
  const base = signatureBase(message, input, options.fieldTypes);
  const signature = 'sign' in key ? key.sign(base) : signBytes(key.algorithm, key.privateKey, base);
  return { 'signature-input': `${label}=${serializeInnerList(input)}`, signature: `${label}=:${Buffer.from(signature).toString('base64')}:` };
}
