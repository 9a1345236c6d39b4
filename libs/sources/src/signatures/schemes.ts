// SPDX-License-Identifier: Apache-2.0
import type { KeyObject } from 'node:crypto';
import type { Auth, AuthOf, SignedAuth } from '../manifest/auth.js';
import { github } from './github.js';
import { hmac } from './hmac.js';
import { type EventMarks, type SignatureScheme, type SignedRequest, textIn } from './scheme.js';
import { slack } from './slack.js';
import { standardWebhooks } from './standard-webhooks.js';
import { stripe } from './stripe.js';

const schemes: { readonly [K in SignedAuth['kind']]: SignatureScheme<AuthOf<K>> } = { 'standard-webhooks': standardWebhooks, github, stripe, slack, hmac };

const schemeOf = (auth: SignedAuth): SignatureScheme<SignedAuth> => schemes[auth.kind];

/**
 * Checks that a request was signed under a live secret of its source, whatever the scheme.
 * @throws Refusal 401
 */
export const checkSignature = (auth: SignedAuth, request: SignedRequest, secrets: readonly KeyObject[], nowMs: number): void => schemeOf(auth).check(auth, request, secrets, nowMs);

/** What the sender says about the event by the ways of its scheme. */
export const marksOf = (auth: Auth, request: SignedRequest, content: unknown): EventMarks =>
  auth.kind === 'none' ? { id: request.header('webhook-id'), type: textIn(content, 'type'), time: textIn(content, 'timestamp') } : schemeOf(auth).marks(auth, request, content);

/**
 * The key in the text of a secret file.
 * @throws Error saying how long it must be
 */
export function secretOf(auth: SignedAuth, text: string): KeyObject {
  const scheme = schemeOf(auth);
  const secret = scheme.secretOf(auth, text.trim());
  const bytes = secret.symmetricKeySize ?? 0;
  if (bytes < scheme.shortestSecret) throw new Error(`it holds ${bytes} bytes, at least ${scheme.shortestSecret} are needed`);
  return secret;
}
