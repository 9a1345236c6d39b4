// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseSecret, verifyStandardWebhook } from './standard-webhooks.js';

const secret = parseSecret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
const now = 1_614_265_330_000;
const body = Buffer.from('{"test": 2432232314}');
const sign = (id: string, timestamp: string, bytes: Buffer, key = secret): string => `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(bytes).digest('base64')}`;
const good = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: '1614265330', signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=' };

describe('Standard Webhooks', () => {
  it('accepts the published example', () => {
    expect(verifyStandardWebhook(good, body, [secret], now)).toBe(good.id);
  });

  it('accepts any fitting entry while a secret rotates', () => {
    const other = parseSecret('another');
    expect(verifyStandardWebhook({ ...good, signature: `v1a,xxxx v1,AAAA ${good.signature}` }, body, [other, secret], now)).toBe(good.id);
  });

  it('a valid signature over other bytes is refused', () => {
    expect(() => verifyStandardWebhook(good, Buffer.from('{"test": 2432232315}'), [secret], now)).toThrow(/No v1 signature/);
  });

  it.each([
    ['another id', { ...good, id: 'msg_other' }],
    ['another timestamp', { ...good, timestamp: '1614265331' }],
    ['no entry of version 1', { ...good, signature: good.signature.replace('v1,', 'v2,') }],
    ['an empty signature', { ...good, signature: 'v1,' }],
  ])('%s is refused', (_, headers) => {
    expect(() => verifyStandardWebhook(headers, body, [secret], now)).toThrow(expect.objectContaining({ status: 401, code: 'signature_invalid' }));
  });

  it('a replay after the window is refused', () => {
    expect(() => verifyStandardWebhook(good, body, [secret], now + 301_000)).toThrow(expect.objectContaining({ code: 'timestamp_outside_window' }));
    const future = '1614265700';
    expect(() => verifyStandardWebhook({ id: 'a', timestamp: future, signature: sign('a', future, body) }, body, [secret], now)).toThrow(expect.objectContaining({ code: 'timestamp_outside_window' }));
  });

  it.each(['', '1e3', '-5', '16142653301614265330', '1614265330.5'])('the timestamp "%s" is refused', (timestamp) => {
    expect(() => verifyStandardWebhook({ id: 'a', timestamp, signature: sign('a', timestamp, body) }, body, [secret], now)).toThrow(expect.objectContaining({ status: 401 }));
  });
});
