// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { Signer } from './signer.js';

it('signs as the published vector of Standard Webhooks does', async () => {
  const signer = await Signer.of('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
  expect(await signer.headers('msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, '{"test": 2432232314}')).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek', 'webhook-timestamp': '1614265330', 'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

it('takes a secret without prefix as its bytes, and surrounding space as none', async () => {
  const vector = Uint8Array.from(atob('c2VjcmV0'), (character) => character.charCodeAt(0));
  const given = await (await Signer.of(` ${new TextDecoder().decode(vector)}\n`)).headers('a', 1, '{}');
  expect(given).toEqual(await (await Signer.of('whsec_c2VjcmV0')).headers('a', 1, '{}'));
});

it('refuses an empty secret and broken base64 without repeating the secret', async () => {
  await expect(Signer.of(' ')).rejects.toThrow('is empty');
  await expect(Signer.of('whsec_')).rejects.toThrow('is empty');
  await expect(Signer.of('whsec_%%hidden')).rejects.toThrow(expect.objectContaining({ message: expect.not.stringContaining('hidden') }));
});
