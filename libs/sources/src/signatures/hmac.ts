// SPDX-License-Identifier: Apache-2.0
// A scheme that a manifest describes: an HMAC in one header, over the body and, where they are named, time and id.
import type { AuthOf } from '../manifest/auth.js';
import { anyFits, behind, checkTimestamp, invalid, keyIn, macsOf, missing, type SignatureScheme, textIn, timeOfSeconds } from './scheme.js';

const atEnd = '{body}';

export const hmac: SignatureScheme<AuthOf<'hmac'>> = {
  shortestSecret: 16,
  secretOf: ({ secretEncoding }, text) => keyIn(text, secretEncoding === 'text' ? 'utf8' : secretEncoding),
  check(auth, { header, body }, secrets, nowMs) {
    const named = [auth.header, auth.timestampHeader, auth.idHeader].filter((name) => name !== undefined);
    if (!named.every((name) => header(name))) throw missing(...named);
    const [signature, timestamp, id] = [header(auth.header) ?? '', valueOf(header, auth.timestampHeader), valueOf(header, auth.idHeader)];
    if (auth.timestampHeader !== undefined) checkTimestamp(auth.timestampHeader, timestamp, nowMs);
    // One pass over the template: what a value holds is never looked into.
    const before = auth.signs.slice(0, -atEnd.length).replaceAll(/\{(timestamp|id)\}/g, (_, name) => (name === 'id' ? id : timestamp));
    if (!anyFits(behind(auth.prefix, signature, auth.encoding), macsOf(secrets, before, body, auth.algorithm))) throw invalid(`${auth.header} does not fit ${auth.signs}`);
  },
  marks: (auth, { header }, content) => ({ id: auth.idHeader === undefined ? undefined : header(auth.idHeader), type: textIn(content, 'type'), time: timeOfSeconds(auth.timestampHeader === undefined ? undefined : header(auth.timestampHeader)) }),
};

const valueOf = (header: (name: string) => string | undefined, name: string | undefined): string => (name === undefined ? '' : (header(name) ?? ''));
