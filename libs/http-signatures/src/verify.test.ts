// SPDX-License-Identifier: Apache-2.0
// One group for each thing that verifiers are known to miss; each test changes one thing of a message that was good.
import { generateKeyPairSync, sign as signBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { contentDigest } from './content-digest.js';
import { SignatureError } from './errors.js';
import { headerLines } from './message.js';
import type { HeaderLines, RequestMessage } from './message.js';
import { MemoryNonceStore } from './nonces.js';
import { verifyRotation } from './rotation.js';
import { sign } from './sign.js';
import type { SigningKey, SigningOptions } from './sign.js';
import { verify } from './verify.js';
import type { VerificationPolicy } from './verify.js';

const now = 1_800_000_000;
const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const [ours, theirs] = [pair(), pair()];
const key: SigningKey = { keyid: 'ours', algorithm: 'ecdsa-p256-sha256', privateKey: ours.privateKey };
const otherKey: SigningKey = { keyid: 'theirs', algorithm: 'ecdsa-p256-sha256', privateKey: theirs.privateKey };
const body = Buffer.from('{"alert":"price moved"}');
const request: RequestMessage = {
  method: 'POST',
  origin: 'https://hooks.example',
  target: '/in/box?run=1&name=a%2fb',
  headers: [['Content-Type', 'application/json'], ['Content-Digest', contentDigest(body)], ['Authorization', 'Bearer t']],
  body,
};
const components = ['@method', '@target-uri', 'content-type', 'content-digest', 'authorization'];
const policy: VerificationPolicy = {
  unixSeconds: () => now,
  keys: (keyid) => ({ ours: { algorithm: key.algorithm, publicKey: ours.publicKey }, theirs: { algorithm: key.algorithm, publicKey: theirs.publicKey } })[keyid],
};

function signed(options: Partial<SigningOptions> = {}, message: RequestMessage = request): RequestMessage {
  const headers = sign(message, { key, components, created: now, ...options });
  return { ...message, headers: [...message.headers, ['Signature-Input', headers['signature-input']], ['Signature', headers.signature]] };
}

const mapHeader = (message: RequestMessage, name: string, change: (value: string) => string): RequestMessage => ({ ...message, headers: message.headers.map(([other, value]) => [other, other.toLowerCase() === name ? change(value) : value]) });
const withHeaders = (message: RequestMessage, ...lines: HeaderLines): RequestMessage => ({ ...message, headers: [...message.headers, ...lines] });

async function refusal(message: RequestMessage, change: Partial<VerificationPolicy> = {}): Promise<string> {
  try {
    await verify(message, { ...policy, ...change });
    return 'accepted';
  } catch (error) {
    if (error instanceof SignatureError) return error.code;
    throw error;
  }
}

const code = (call: () => unknown): string => {
  try {
    call();
    return 'accepted';
  } catch (error) {
    if (error instanceof SignatureError) return error.code;
    throw error;
  }
};

test('a key whose private part never leaves its holder signs like any other', async () => {
  const held: SigningKey = { keyid: 'ours', algorithm: 'ecdsa-p256-sha256', sign: (base) => signBytes('sha256', base, { key: ours.privateKey, dsaEncoding: 'ieee-p1363' }) };
  expect(await refusal(signed({ key: held }))).toBe('accepted');
});

describe('a good message', () => {
  test('tells which signature was believed and what it covers', async () => {
    expect(await verify(signed({ nonce: 'n1', label: 'a' }), policy)).toEqual({ label: 'a', keyid: 'ours', created: now, nonce: 'n1', components: components.map((name) => `"${name}"`) });
  });

  test.each([
    ['method', (m: RequestMessage) => ({ ...m, method: 'PUT' })],
    ['path', (m: RequestMessage) => ({ ...m, target: m.target.replace('box', 'bin') })],
    ['query', (m: RequestMessage) => ({ ...m, target: m.target.replace('run=1', 'run=2') })],
    ['spelling of an escape', (m: RequestMessage) => ({ ...m, target: m.target.replace('%2f', '%2F') })],
    ['host', (m: RequestMessage) => ({ ...m, origin: 'https://other.example' })],
    ['scheme', (m: RequestMessage) => ({ ...m, origin: 'http://hooks.example' })],
    ['covered header', (m: RequestMessage) => mapHeader(m, 'authorization', () => 'Bearer u')],
    ['signed time', (m: RequestMessage) => mapHeader(m, 'signature-input', (v) => v.replace(`created=${now}`, `created=${now - 1}`))],
    ['key id', (m: RequestMessage) => mapHeader(m, 'signature-input', (v) => v.replace('"ours"', '"theirs"'))],
    ['order of components', (m: RequestMessage) => mapHeader(m, 'signature-input', (v) => v.replace('"@method" "@target-uri"', '"@target-uri" "@method"'))],
    ['components, one less', (m: RequestMessage) => mapHeader(m, 'signature-input', (v) => v.replace(' "authorization"', ''))],
  ])('does not survive another %s', async (_, change) => {
    expect(await refusal(change(signed()))).toBe('signature_invalid');
  });
});

describe('1. freshness by default', () => {
  test.each([
    [-300, 'accepted'],
    [-301, 'signature_stale'],
    [30, 'accepted'],
    [31, 'created_in_future'],
  ])('created %i s from now: %s', async (offset, expected) => {
    expect(await refusal(signed({ created: now + offset }))).toBe(expected);
  });

  test('a signature that expired, or does not say when it was made, is refused', async () => {
    expect(await refusal(signed({ created: now - 10, expires: now }))).toBe('accepted');
    expect(await refusal(signed({ created: now - 10, expires: now - 1 }))).toBe('signature_expired');
    expect(code(() => signed({ created: now + 0.5 }))).toBe('signature_malformed');
    expect(code(() => signed({ expires: Number.NaN }))).toBe('signature_malformed');
    expect(await refusal(mapHeader(signed(), 'signature-input', (v) => v.replace(`created=${now}`, `created=${now}.5`)))).toBe('signature_malformed');
    expect(await refusal(mapHeader(signed(), 'signature-input', (v) => v.replace(`;created=${now}`, '')))).toBe('signature_invalid');
  });
});

describe('2. the right signature, whatever its label', () => {
  test('the one with the tag is found among others and named', async () => {
    const two = withHeaders(signed({ label: 'sig1', tag: 'other', key: otherKey }), ...signed({ label: 'zz', tag: 'app' }).headers.slice(-2));
    expect(await verify(two, { ...policy, tag: 'app' })).toMatchObject({ label: 'zz', keyid: 'ours' });
    expect(await verify(two, { ...policy, tag: 'other' })).toMatchObject({ label: 'sig1', keyid: 'theirs' });
  });

  test('a signature for another purpose is none', async () => {
    expect(await refusal(signed({ tag: 'other' }), { tag: 'app' })).toBe('signature_missing');
    expect(await refusal(signed({ tag: 'other' }))).toBe('signature_missing');
    expect(await refusal(signed(), { tag: 'app' })).toBe('signature_missing');
  });

  test('one signature must satisfy the whole policy: two halves do not add up', async () => {
    const halves = withHeaders(signed({ label: 'a', components: ['@method', 'content-digest'] }), ...signed({ label: 'b', components: ['@target-uri', 'content-type', 'authorization'] }).headers.slice(-2));
    expect(await refusal(halves)).toBe('coverage_insufficient');
    expect(await verify(withHeaders(halves, ...signed({ label: 'c' }).headers.slice(-2)), policy)).toMatchObject({ label: 'c' });
  });

  test('a stale signature beside a fresh one does no harm, whichever comes last', async () => {
    const stale = signed({ label: 'old', created: now - 1000 });
    const fresh = signed({ label: 'new' });
    expect(await verify(withHeaders(stale, ...fresh.headers.slice(-2)), policy)).toMatchObject({ label: 'new' });
    expect(await verify(withHeaders(fresh, ...stale.headers.slice(-2)), policy)).toMatchObject({ label: 'new' });
  });

  test.each(['@method', '@target-uri', 'content-type', 'authorization', 'content-digest'])('a signature that leaves out %s is not enough', async (left) => {
    expect(await refusal(signed({ components: components.filter((name) => name !== left) }))).toBe('coverage_insufficient');
  });

  test('a message without signatures, or signed by strangers only, is refused', async () => {
    expect(await refusal(request)).toBe('signature_missing');
    expect(await refusal(signed(), { keys: () => undefined })).toBe('signature_missing');
  });
});

describe('3. a broken expected signature is not rescued', () => {
  test("by another known key's valid one, before it or after it", async () => {
    const victim = mapHeader(signed({ label: 'victim' }), 'signature', (value) => value.replace(/:(.)/, (_, c: string) => `:${c === 'A' ? 'B' : 'A'}`));
    const attacker = signed({ label: 'attacker', key: otherKey });
    expect(await refusal(attacker)).toBe('accepted');
    expect(await refusal(withHeaders(victim, ...attacker.headers.slice(-2)))).toBe('signature_invalid');
    expect(await refusal(withHeaders(attacker, ...victim.headers.slice(-2)))).toBe('signature_invalid');
  });

  test('by an unknown key either, and an unknown key alone does no harm', async () => {
    const stranger = signed({ label: 'stranger', key: { ...otherKey, keyid: 'nobody' } });
    expect(await refusal(withHeaders(signed(), ...stranger.headers.slice(-2)))).toBe('accepted');
  });
});

describe('4. nothing twice', () => {
  test.each([
    ['a component', (v: string) => v.replace('("@method"', '("@method" "@method"')],
    ['a component with its parameters in another order', (v: string) => v.replace('("@method"', '("signature-input";key="x";sf "signature-input";sf;key="x"')],
  ])('%s: refused', async (_, change) => {
    expect(await refusal(mapHeader(signed(), 'signature-input', change))).toBe('component_repeated');
  });

  test.each([
    ['label in one line', (m: RequestMessage) => mapHeader(m, 'signature-input', (v) => `${v}, ${v}`)],
    ['label in two lines', (m: RequestMessage) => withHeaders(m, ...m.headers.slice(-2))],
    ['label in Signature alone', (m: RequestMessage) => mapHeader(m, 'signature', (v) => `${v}, ${v}`)],
    ['parameter', (m: RequestMessage) => mapHeader(m, 'signature-input', (v) => v.replace(';created', `;created=1;created`))],
    ['parameter of a component', (m: RequestMessage) => mapHeader(m, 'signature-input', (v) => v.replace('"@method"', '"@method";req;req'))],
    ['label hidden behind a display string', (m: RequestMessage) => mapHeader(m, 'signature-input', (v) => `sig=1;a;x=%"\\", ${v}`)],
  ])('a %s: refused', async (_, change) => {
    expect(await refusal(change(signed()))).toBe('signature_malformed');
  });

  test('a comma, semicolon or quote inside a string is not taken for a separator', async () => {
    expect(await verify(signed({ nonce: 'a,b;c="d\\e' }), policy)).toMatchObject({ nonce: 'a,b;c="d\\e' });
    expect(code(() => signed({ components: [...components, '@method'] }))).toBe('component_repeated');
  });

  test.each(['Authorization', 'Host', 'Content-Type', 'Content-Length'])('a second %s: refused although only raw headers show it', async (name) => {
    const raw = [...signed().headers.flat(), name, 'a', name.toUpperCase(), 'b'];
    expect(await refusal({ ...request, headers: headerLines(raw) })).toBe('header_repeated');
    expect(code(() => signed({}, withHeaders(request, [name, 'a'], [name, 'b'])))).toBe('header_repeated');
  });

  test('an entry without its counterpart, an unknown parameter, or one of the wrong type is refused', async () => {
    expect(await refusal(mapHeader(signed(), 'signature', (v) => v.replace('sig=', 'gis=')))).toBe('signature_malformed');
    expect(await refusal(mapHeader(signed(), 'signature-input', (v) => `${v}, x=("@method");keyid="ours"`))).toBe('signature_malformed');
    expect(await refusal(mapHeader(signed(), 'signature-input', (v) => `${v};role="admin"`))).toBe('signature_malformed');
    expect(await refusal(mapHeader(signed(), 'signature-input', (v) => v.replace(`created=${now}`, `created="${now}"`)))).toBe('signature_malformed');
    expect(await refusal(mapHeader(signed(), 'signature', () => 'sig="text"'))).toBe('signature_malformed');
    expect(await refusal(mapHeader(signed(), 'signature', () => 'sig=::extra'))).toBe('signature_malformed');
    expect(await refusal(mapHeader(signed(), 'signature-input', (v) => Array.from({ length: 17 }, (_, i) => v.replace('sig=', `s${i}=`)).join(', ')))).toBe('signature_malformed');
  });
});

describe('5. nonces', () => {
  test('one message counts once', async () => {
    const nonces = new MemoryNonceStore(() => now);
    const message = signed({ nonce: 'n' });
    expect(await refusal(message, { nonces })).toBe('accepted');
    expect(await refusal(message, { nonces })).toBe('nonce_reused');
    expect(await refusal(signed({ nonce: 'n', key: otherKey }), { nonces })).toBe('accepted');
    expect(await refusal(signed(), { nonces })).toBe('nonce_missing');
    expect(await refusal(signed({ nonce: 'n'.repeat(257) }), { nonces })).toBe('nonce_missing');
  });

  test('a bad message spends no nonce of the good one', async () => {
    const nonces = new MemoryNonceStore(() => now);
    const message = signed({ nonce: 'n' });
    expect(await refusal({ ...message, method: 'PUT' }, { nonces })).toBe('signature_invalid');
    expect(await refusal({ ...message, body: Buffer.from('x') }, { nonces })).toBe('digest_mismatch');
    expect(await refusal(message, { nonces })).toBe('accepted');
  });

  test('a store that fails or is full closes the door, retryably, and opens when nonces expire', async () => {
    let time = now;
    const nonces = new MemoryNonceStore(() => time, 2);
    expect(await refusal(signed({ nonce: '1' }), { nonces })).toBe('accepted');
    expect(await refusal(signed({ nonce: '2' }), { nonces })).toBe('accepted');
    await expect(verify(signed({ nonce: '3' }), { ...policy, nonces })).rejects.toMatchObject({ code: 'nonce_store_unavailable', retryable: true });
    expect(await refusal(signed({ nonce: '1' }), { nonces })).toBe('nonce_reused');
    time = now + 301;
    expect(await refusal(signed({ nonce: '3', created: time }), { nonces, unixSeconds: () => time })).toBe('accepted');
  });
});

const rotation = (newComponents: readonly string[] = ['@method', '@target-uri', 'content-type', 'content-digest', 'authorization', '"signature";key="old"', '"signature-input";key="old"']) =>
  signed({ label: 'new', tag: 'gnap-rotate', key: otherKey, components: newComponents }, signed({ label: 'old', tag: 'gnap' }));

describe('7. key rotation', () => {
  const both = { ...policy, oldKeys: (keyid: string) => (keyid === 'ours' ? policy.keys(keyid) : undefined), newKeys: (keyid: string) => (keyid === 'theirs' ? policy.keys(keyid) : undefined) };

  test('both keys agree on one request', async () => {
    expect(await verifyRotation(rotation(), both)).toMatchObject({ old: { label: 'old', keyid: 'ours' }, new: { label: 'new', keyid: 'theirs' } });
  });

  test('a new signature that does not cover the old one and its input is refused', async () => {
    for (const left of ['"signature";key="old"', '"signature-input";key="old"']) {
      const message = rotation(['@method', '@target-uri', 'content-type', 'content-digest', 'authorization', '"signature";key="old"', '"signature-input";key="old"'].filter((name) => name !== left));
      await expect(verifyRotation(message, both)).rejects.toMatchObject({ code: 'coverage_insufficient' });
    }
  });

  test('half a rotation, or one with the keys exchanged, is refused', async () => {
    await expect(verifyRotation(signed({ tag: 'gnap' }), both)).rejects.toMatchObject({ code: 'signature_missing' });
    await expect(verifyRotation(rotation(), { ...both, oldKeys: both.newKeys, newKeys: both.oldKeys })).rejects.toMatchObject({ code: 'signature_missing' });
  });
});

const digest = (value: string) => signed({}, mapHeader(request, 'content-digest', () => value));

describe('8. content', () => {
  test('other bytes under the same digest are refused', async () => {
    expect(await refusal({ ...signed(), body: Buffer.from('{"alert":"price Moved"}') })).toBe('digest_mismatch');
    expect(await refusal({ ...signed(), body: new Uint8Array(0) })).toBe('digest_mismatch');
  });

  test('content without a covered digest is refused', async () => {
    expect(await refusal(signed({ components: components.filter((name) => name !== 'content-digest') }))).toBe('coverage_insufficient');
    const bare = { ...request, headers: request.headers.filter(([name]) => name !== 'Content-Digest') };
    expect(code(() => signed({}, bare))).toBe('component_missing');
  });

  test('a digest that nobody can check, or one wrong among right ones, is refused', async () => {
    expect(await refusal(digest('md5=:AAAA:'))).toBe('digest_missing');
    expect(await refusal(digest(`${contentDigest(body)}, sha-512=:AAAA:`))).toBe('digest_mismatch');
    expect(await refusal(digest(`sha-256=:AAAA:, ${contentDigest(body)}`))).toBe('digest_malformed');
    expect(await refusal(digest('sha-256="text"'))).toBe('digest_malformed');
    expect(await refusal(digest(contentDigest(body, ['sha-256', 'sha-512'])))).toBe('accepted');
  });

  test('a message that announces content of which the bytes are not given is refused', async () => {
    const { body: _, ...bodyless } = signed({}, withHeaders(request, ['Content-Length', '23']));
    expect(await refusal(bodyless)).toBe('message_malformed');
  });
});
