// SPDX-License-Identifier: Apache-2.0
// A scheme that a manifest describes: an HMAC in one header, over the body and, where they are named, time and id.
import { createHmac, createSecretKey } from 'node:crypto';
import type { AuthOf } from '../manifest/auth.js';
import { anyFits, checkTimestamp, invalid, missing, type SignatureScheme, textIn, timeOfSeconds } from './scheme.js';

const atEnd = '{body}';

export const hmac: SignatureScheme<AuthOf<'hmac'>> = {
  shortestSecret: 16,
  secretOf: ({ secretEncoding }, text) => createSecretKey(Buffer.from(text, secretEncoding === 'text' ? 'utf8' : secretEncoding)),
  check(auth, { header, body }, secrets, nowMs) {
    const named = [auth.header, auth.timestampHeader, auth.idHeader].filter((name) => name !== undefined);
    if (!named.every((name) => header(name))) throw missing(...named);
    const [signature, timestamp, id] = [header(auth.header) ?? '', valueOf(header, auth.timestampHeader), valueOf(header, auth.idHeader)];
    if (auth.timestampHeader !== undefined) checkTimestamp(auth.timestampHeader, timestamp, nowMs);
    // One pass over the template: what a value holds is never looked into.
    const before = auth.signs.slice(0, -atEnd.length).replaceAll(/\{(timestamp|id)\}/g, (_, name) => (name === 'id' ? id : timestamp));
    const given = signature.startsWith(auth.prefix) ? [Buffer.from(signature.slice(auth.prefix.length), auth.encoding)] : [];
    const expected = secrets.map((secret) => createHmac(auth.algorithm, secret).update(before).update(body).digest());
    if (!anyFits(given, expected)) throw invalid(`${auth.header} does not fit ${auth.signs}`);
  },
  marks: (auth, { header }, content) => ({ id: auth.idHeader === undefined ? undefined : header(auth.idHeader), type: textIn(content, 'type'), time: timeOfSeconds(auth.timestampHeader === undefined ? undefined : header(auth.timestampHeader)) }),
};

const valueOf = (header: (name: string) => string | undefined, name: string | undefined): string => (name === undefined ? '' : (header(name) ?? ''));
