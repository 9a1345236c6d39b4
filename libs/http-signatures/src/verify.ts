// SPDX-License-Identifier: Apache-2.0
// Verification: RFC 9421 section 3.2, with the application's demands as a policy.
import type { KeyObject } from 'node:crypto';
import { verifyBytes } from './algorithms.js';
import type { SignatureAlgorithm } from './algorithms.js';
import { component, componentKey } from './components.js';
import { checkContentDigest } from './content-digest.js';
import { SignatureError } from './errors.js';
import { checkMessage, fieldLines, isRequest } from './message.js';
import type { Message } from './message.js';
import type { NonceStore } from './nonces.js';
import { coveredComponents, signatureBase } from './signature-base.js';
import { readSignatures } from './signature-fields.js';
import type { SignatureEntry } from './signature-fields.js';
import { parseIdentifier } from './structured-fields.js';
import type { FieldType } from './structured-fields.js';

/** A public key and the one algorithm it is used with. */
export interface VerificationKey {
  readonly algorithm: SignatureAlgorithm;
  readonly publicKey: KeyObject;
}

/** What a signature must be to count. */
export interface VerificationPolicy {
  /** The keys that are expected to sign such messages; `undefined` for any other key id. */
  readonly keys: (keyid: string) => VerificationKey | undefined | Promise<VerificationKey | undefined>;
  /** The clock, in seconds since 1970. */
  readonly unixSeconds: () => number;
  /** The tag the signature must carry. @default none, and signatures with any tag are for somebody else */
  readonly tag?: string;
  /** Components that must be covered. @default `@method` and `@target-uri` of requests, `@status` of responses */
  readonly required?: readonly string[];
  /** Headers that must be covered where the message has them. @default authorization, content-type */
  readonly requiredIfPresent?: readonly string[];
  /** Oldest acceptable signature, in seconds. @default 300 */
  readonly maxAgeSeconds?: number;
  /** How far the signer's clock may be ahead, in seconds. @default 30 */
  readonly maxSkewSeconds?: number;
  /** When given, every signature must have a nonce that was never seen. */
  readonly nonces?: NonceStore;
  /** Types of structured fields beside the known ones, for `sf` and `key`. */
  readonly fieldTypes?: Readonly<Record<string, FieldType>>;
}

/** The signature that satisfied the policy: what it covers is what may be believed of the message. */
export interface VerifiedSignature {
  readonly label: string;
  readonly keyid: string;
  /** Identifiers as in the signature base. */
  readonly components: readonly string[];
  /** Seconds since 1970. */
  readonly created: number;
  readonly nonce?: string;
}

interface Candidate extends SignatureEntry {
  readonly keyid: string;
  readonly key: VerificationKey;
}

/**
 * Verifies a message. Candidates are the signatures with the policy's tag by keys that it knows, whatever their labels.
 * All of them must verify (another key's valid signature does not rescue a message whose expected one is broken),
 * and one must satisfy the whole policy. Content must be covered by a digest that fits its raw bytes.
 * @throws SignatureError
 */
export async function verify(message: Message, policy: VerificationPolicy): Promise<VerifiedSignature> {
  checkMessage(message);
  const candidates = await findCandidates(message, policy);
  for (const candidate of candidates) checkSignature(candidate, message, policy);
  const accepted = firstAccepted(candidates, message, policy);
  if (message.body !== undefined && (message.body.length > 0 || covers(accepted, 'content-digest'))) checkContentDigest(message.headers, message.body);
  await claimNonce(accepted, policy);
  const { label, keyid, parameters } = accepted;
  return {
    label,
    keyid,
    components: coveredComponents(accepted.input).map(({ identifier }) => identifier),
    created: parameters.created ?? 0,
    ...(parameters.nonce === undefined ? {} : { nonce: parameters.nonce }),
  };
}

async function findCandidates(message: Message, policy: VerificationPolicy): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (const entry of readSignatures(message.headers)) {
    const { keyid, tag } = entry.parameters;
    if (keyid === undefined || tag !== policy.tag) continue;
    const key = await policy.keys(keyid);
    if (key) candidates.push({ ...entry, keyid, key });
  }
  if (candidates.length === 0) throw new SignatureError('signature_missing', `the message has no signature ${policy.tag === undefined ? 'without tag' : `with the tag "${policy.tag}"`} by a known key`);
  return candidates;
}

function checkSignature({ label, key, keyid, input, parameters, signature }: Candidate, message: Message, policy: VerificationPolicy): void {
  if (parameters.alg !== undefined && parameters.alg !== key.algorithm) throw new SignatureError('algorithm_mismatch', `"${label}" states ${parameters.alg}, but its key is for ${key.algorithm}`, { label });
  if (!verifyBytes(key.algorithm, key.publicKey, signatureBase(message, input, policy.fieldTypes), signature)) {
    throw new SignatureError('signature_invalid', `"${label}" is not a signature by the key "${keyid}" over this message`, { label, keyid });
  }
}

/** The first candidate that satisfies the policy; else the first one's refusal is everybody's. */
function firstAccepted(candidates: readonly Candidate[], message: Message, policy: VerificationPolicy): Candidate {
  let refusal: SignatureError | undefined;
  for (const candidate of candidates) {
    const reason = checkCoverage(candidate, message, policy) ?? checkFreshness(candidate, policy);
    if (!reason) return candidate;
    refusal ??= reason;
  }
  throw refusal ?? new SignatureError('signature_missing', 'the message has no signature to judge');
}

function checkCoverage(candidate: Candidate, message: Message, policy: VerificationPolicy): SignatureError | undefined {
  const ifPresent = (policy.requiredIfPresent ?? ['authorization', 'content-type']).filter((name) => fieldLines(message.headers, name).length > 0);
  const required = [...(policy.required ?? (isRequest(message) ? ['@method', '@target-uri'] : ['@status'])), ...ifPresent, ...(message.body?.length ? ['content-digest'] : [])];
  const uncovered = required.filter((identifier) => !covers(candidate, identifier));
  return uncovered.length === 0 ? undefined : new SignatureError('coverage_insufficient', `"${candidate.label}" does not cover ${uncovered.join(', ')}`, { label: candidate.label, uncovered });
}

function covers({ input }: SignatureEntry, identifier: string): boolean {
  const wanted = componentKey(component(parseIdentifier(identifier)));
  return coveredComponents(input).some((covered) => componentKey(covered) === wanted);
}

function checkFreshness({ label, parameters: { created, expires } }: Candidate, policy: VerificationPolicy): SignatureError | undefined {
  const now = policy.unixSeconds();
  const { maxAgeSeconds, maxSkewSeconds } = limits(policy);
  const refuse = (code: 'created_missing' | 'created_in_future' | 'signature_stale' | 'signature_expired', why: string) => new SignatureError(code, `"${label}" ${why}`, { label, created, expires, now });
  if (created === undefined) return refuse('created_missing', 'does not say when it was created');
  if (created > now + maxSkewSeconds) return refuse('created_in_future', `was created ${created - now} s in the future, at most ${maxSkewSeconds} are accepted`);
  if (created < now - maxAgeSeconds) return refuse('signature_stale', `is ${now - created} s old, at most ${maxAgeSeconds} are accepted`);
  if (expires !== undefined && expires < now) return refuse('signature_expired', `expired ${now - expires} s ago`);
  return undefined;
}

function limits(policy: VerificationPolicy): { maxAgeSeconds: number; maxSkewSeconds: number } {
  return { maxAgeSeconds: policy.maxAgeSeconds ?? 300, maxSkewSeconds: policy.maxSkewSeconds ?? 30 };
}

/** Last of all: a nonce is spent only on a message that is good in every other way. */
async function claimNonce({ label, keyid, parameters: { nonce, created = 0 } }: Candidate, policy: VerificationPolicy): Promise<void> {
  if (!policy.nonces) return;
  if (nonce === undefined || nonce === '' || nonce.length > 256) throw new SignatureError('nonce_missing', `"${label}" needs a nonce of 1 to 256 characters`, { label });
  // The same message is stale afterwards, so that the store may forget.
  const until = created + limits(policy).maxAgeSeconds;
  let first: boolean;
  try {
    first = await policy.nonces.claim(keyid, nonce, until);
  } catch (cause) {
    throw new SignatureError('nonce_store_unavailable', `the nonce of "${label}" could not be recorded: try again when the store answers`, { label }, { cause });
  }
  if (!first) throw new SignatureError('nonce_reused', `the nonce of "${label}" was used before`, { label, keyid });
}
