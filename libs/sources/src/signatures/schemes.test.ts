// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { SignedAuth } from '../manifest/auth.js';
import { checkSignature, marksOf, secretOf } from './schemes.js';

interface Sample {
  readonly auth: SignedAuth;
  /** Text of the secret file. */
  readonly secret: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Seconds since the epoch at which it was signed. */
  readonly at: number;
  /** The header with the signature. */
  readonly signature: string;
  /** Whether the scheme signs a time, so that a late replay is refused. */
  readonly timed: boolean;
}

const signed = <K extends 'standard-webhooks' | 'github' | 'stripe' | 'slack'>(kind: K) => ({ kind, secretFiles: ['s'] });
const stripeBody = '{"id":"evt_1","object":"event","type":"charge.succeeded","created":1492774500}';
const slackBody = 'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';

// Standard Webhooks, GitHub and Slack: the examples that they publish. The others: computed by another implementation of
// HMAC (Python's) by what their documentation says.
const samples: Readonly<Record<string, Sample>> = {
  'standard-webhooks': {
    auth: signed('standard-webhooks'), secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', at: 1_614_265_330, body: '{"test": 2432232314}', signature: 'webhook-signature', timed: true,
    headers: { 'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek', 'webhook-timestamp': '1614265330', 'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=' },
  },
  github: {
    auth: signed('github'), secret: "It's a Secret to Everybody", at: 0, body: 'Hello, World!', signature: 'x-hub-signature-256', timed: false,
    headers: { 'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958', 'x-github-event': 'push', 'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17' },
  },
  slack: {
    auth: signed('slack'), secret: '8f742231b10e8888abcd99yyyzzz85a5', at: 1_531_420_618, body: slackBody, signature: 'x-slack-signature', timed: true,
    headers: { 'x-slack-request-timestamp': '1531420618', 'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503' },
  },
  stripe: {
    auth: signed('stripe'), secret: 'whsec_test_secret_of_an_endpoint\n', at: 1_492_774_577, body: stripeBody, signature: 'stripe-signature', timed: true,
    headers: { 'stripe-signature': `t=1492774577,v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39,v1=${'0'.repeat(64)},v1=eef91a1b4bc8425e5f45d9eb456bee1a4a571472d80ce38ee3f682b0f1da22a1` },
  },
  hmac: {
    auth: { kind: 'hmac', secretFiles: ['s'], secretEncoding: 'hex', header: 'x-sum', prefix: 'v1=', algorithm: 'sha512', encoding: 'base64', timestampHeader: 'x-at', idHeader: 'x-id', signs: '{id}.{timestamp}.{body}' },
    secret: '000102030405060708090a0b0c0d0e0f', at: 1_492_774_577, body: stripeBody, signature: 'x-sum', timed: true,
    headers: { 'x-id': 'm1', 'x-at': '1492774577', 'x-sum': 'v1=ZhkAyBuoz1DJ4cJvZ5JkabNjdIiu7C9yfOO2c9qzcLd9rWhYiKRWyTzSuSfOdPLbsVuFKBfc/VIFmHG9T1ILig==' },
  },
};

const check = (sample: Sample, secrets: readonly string[] = [sample.secret], nowMs = sample.at * 1000): void =>
  checkSignature(sample.auth, { header: (name) => sample.headers[name], body: Buffer.from(sample.body) }, secrets.map((text) => secretOf(sample.auth, text)), nowMs);
const other = (text: string): string => (text.startsWith('0') ? `ff${text.slice(2)}` : `x${text.slice(1)}_and_more_of_it`);
const refused = (code: string): unknown => expect.objectContaining({ status: 401, code });

describe.each(Object.entries(samples))('the signatures of %s', (_, sample) => {
  it('accepts the known example', () => {
    expect(() => check(sample)).not.toThrow();
  });

  it('a valid signature over other bytes is refused', () => {
    expect(() => check({ ...sample, body: `${sample.body} ` })).toThrow(refused('signature_invalid'));
  });

  it('one that fits no live secret is refused, while a secret rotates any of both will do', () => {
    expect(() => check(sample, [other(sample.secret)])).toThrow(refused('signature_invalid'));
    expect(() => check(sample, [other(sample.secret), sample.secret])).not.toThrow();
    expect(() => check(sample, [])).toThrow(refused('signature_invalid'));
  });

  it.each([['cut off', (text: string) => text.slice(0, -4)], ['of another kind', (text: string) => text.replaceAll(/v1|v0|sha256/g, 'v9')], ['no text of its encoding', (text: string) => text.replaceAll(/[0-9A-Za-z+/]{20,}/g, '%%')]])('one that is %s is refused', (__, change) => {
    const changed = { ...sample.headers, [sample.signature]: change(sample.headers[sample.signature] ?? '') };
    expect(() => check({ ...sample, headers: changed })).toThrow(refused('signature_invalid'));
  });

  it('no signature at all is refused, and says which headers are missing', () => {
    expect(() => check({ ...sample, headers: {} })).toThrow(expect.objectContaining({ code: 'signature_missing', message: expect.stringContaining(sample.signature) }));
  });

  it(sample.timed ? 'a replay after the window is refused, and so is one from the future' : 'no time is signed, so none is asked for', () => {
    expect(() => check(sample, [sample.secret], (sample.at + 299) * 1000)).not.toThrow();
    for (const late of [301, -301]) {
      const checked = expect(() => check(sample, [sample.secret], (sample.at + late) * 1000));
      if (sample.timed) checked.toThrow(refused('timestamp_outside_window'));
      else checked.not.toThrow();
    }
  });

  it('a secret that anybody could guess is refused', () => {
    expect(() => secretOf(sample.auth, '0102')).toThrow(/at least/);
    expect(() => secretOf(sample.auth, ' \n')).toThrow(/holds 0 bytes/);
  });
});

describe('what a sender says about its event', () => {
  const marks = (sample: Sample, content: unknown): unknown => marksOf(sample.auth, { header: (name) => sample.headers[name], body: Buffer.from(sample.body) }, content);

  it('GitHub says it in headers', () => {
    expect(marks(samples['github']!, {})).toEqual({ id: '72d3162e-cc78-11e3-81ab-4c9367dc0958', type: 'push' });
  });

  it('Stripe says it in the body', () => {
    expect(marks(samples['stripe']!, JSON.parse(stripeBody))).toEqual({ id: 'evt_1', type: 'charge.succeeded', time: '2017-04-21T11:35:00.000Z' });
    for (const content of [null, 5, [], 'a']) expect(marks(samples['stripe']!, content)).toEqual({ id: undefined, type: undefined, time: undefined });
  });

  it('Slack says it in the event, or in the form of a command', () => {
    expect(marks(samples['slack']!, { type: 'event_callback', event_id: 'Ev1', event_time: 1_531_420_600, event: { type: 'message' } })).toEqual({ id: 'Ev1', type: 'message', time: '2018-07-12T18:36:40.000Z' });
    expect(marks(samples['slack']!, { command: '/collect', trigger_id: '398' })).toMatchObject({ id: '398', type: '/collect' });
  });

  it('a configured scheme has the id where the manifest says, and what stands in it is never a placeholder', () => {
    const sample = samples['hmac']!;
    expect(marks(sample, { type: 'paid' })).toEqual({ id: 'm1', type: 'paid', time: '2017-04-21T11:36:17.000Z' });
    const tricky = { ...sample.headers, 'x-id': '{timestamp}' };
    const sum = createHmac('sha512', Buffer.from(sample.secret, 'hex')).update(`{timestamp}.1492774577.${sample.body}`).digest('base64');
    expect(() => check({ ...sample, headers: { ...tricky, 'x-sum': `v1=${sum}` } })).not.toThrow();
  });
});
