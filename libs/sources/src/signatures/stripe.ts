// SPDX-License-Identifier: Apache-2.0
// Webhooks of Stripe: `Stripe-Signature: t=<seconds>,v1=<hex>[,v1=<hex>]`, HMAC-SHA256 over `t.body`. The key is the whole
// text of the endpoint's secret, its `whsec_` included.
import { atPointer } from '@nervus/contracts';
import type { AuthOf } from '../manifest/auth.js';
import { anyFits, checkTimestamp, invalid, keyIn, macsOf, missing, type SignatureScheme, textIn, timeOfSeconds } from './scheme.js';

export const stripe: SignatureScheme<AuthOf<'stripe'>> = {
  shortestSecret: 24,
  secretOf: (_, text) => keyIn(text),
  check(_, { header, body }, secrets, nowMs) {
    const signature = header('stripe-signature');
    if (!signature) throw missing('stripe-signature');
    const parts = signature.split(',').map((part) => part.trim().split('=', 2));
    const timestamp = parts.find(([name]) => name === 't')?.[1] ?? '';
    checkTimestamp('t in stripe-signature', timestamp, nowMs);
    const given = parts.filter(([name]) => name === 'v1').map(([, value]) => Buffer.from(value ?? '', 'hex'));
    if (!anyFits(given, macsOf(secrets, `${timestamp}.`, body))) throw invalid('No v1 signature in stripe-signature fits t and body');
  },
  marks: (_, __, content) => ({ id: textIn(content, 'id'), type: textIn(content, 'type'), time: timeOfSeconds(atPointer(content, '/created')) }),
};
