// SPDX-License-Identifier: Apache-2.0
// What a signature covers, and with which algorithm; continues the groups of verify.test.ts.
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { contentDigest } from './content-digest.js';
import { SignatureError } from './errors.js';
import type { HeaderLines, RequestMessage } from './message.js';
import { sign } from './sign.js';
import type { SigningKey, SigningOptions } from './sign.js';
import { verify } from './verify.js';
import type { VerificationPolicy } from './verify.js';

const now = 1_800_000_000;
const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ours = pair();
const key: SigningKey = { keyid: 'ours', algorithm: 'ecdsa-p256-sha256', privateKey: ours.privateKey };
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
  keys: (keyid) => ({ ours: { algorithm: key.algorithm, publicKey: ours.publicKey } })[keyid],
};

function signed(options: Partial<SigningOptions> = {}, message: RequestMessage = request): RequestMessage {
  const headers = sign(message, { key, components, created: now, ...options });
  return { ...message, headers: [...message.headers, ['Signature-Input', headers['signature-input']], ['Signature', headers.signature]] };
}

const mapHeader = (message: RequestMessage, name: string, change: (value: string) => string): RequestMessage => ({ ...message, headers: message.headers.map(([other, value]) => [other, other.toLowerCase() === name ? change(value) : value]) });

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

const covered = (message: RequestMessage, ...names: string[]) => {
  const headers = sign(message, { key, components: names, created: now });
  return { ...message, headers: [...message.headers, ['signature-input', headers['signature-input']], ['signature', headers.signature]] as HeaderLines };
};
const half = (bytes: Buffer) => Buffer.concat([Buffer.from([2, 33, 0]), bytes]);

describe('6. the target as the sender meant it', () => {
  const get: RequestMessage = { method: 'GET', origin: 'https://Hooks.Example:443', target: '', headers: [] };
  const verifiesAs = async (a: Partial<RequestMessage>, b: Partial<RequestMessage>, ...names: string[]) => refusal({ ...covered({ ...get, ...a }, ...names), ...b }, { required: [] });

  test('case of scheme and host, the default port and an empty path do not matter', async () => {
    expect(await verifiesAs({}, { origin: 'HTTPS://hooks.example', target: '/' }, '@target-uri', '@authority', '@path', '@scheme')).toBe('accepted');
    expect(await verifiesAs({ origin: 'http://h.example:80' }, { origin: 'http://h.example' }, '@target-uri', '@authority')).toBe('accepted');
    expect(await verifiesAs({ origin: 'https://[2001:DB8::1]' }, { origin: 'https://[2001:db8::1]/' }, '@target-uri')).toBe('accepted');
  });

  test('another port, path or case of the path does', async () => {
    expect(await verifiesAs({}, { origin: 'https://hooks.example:8443' }, '@authority')).toBe('signature_invalid');
    expect(await verifiesAs({ origin: 'https://h.example:80' }, { origin: 'https://h.example' }, '@authority')).toBe('signature_invalid');
    expect(await verifiesAs({ target: '/a' }, { target: '/A' }, '@target-uri')).toBe('signature_invalid');
    expect(await verifiesAs({ target: '/a/../b' }, { target: '/b' }, '@path')).toBe('signature_invalid');
    expect(await verifiesAs({ target: '/?' }, { target: '/' }, '@target-uri')).toBe('signature_invalid');
    expect(await verifiesAs({ target: '/?' }, { target: '/' }, '@query')).toBe('accepted');
  });

  test('the Host header has no say', async () => {
    expect(await verifiesAs({ headers: [['Host', 'evil.example']] }, {}, '@authority', '@target-uri')).toBe('accepted');
  });

  test.each(['https://evil.example/', '//\u00e9', '/a b', '/a#b', 'a', '*'])('the target %s is refused', (target) => {
    expect(code(() => covered({ ...get, target }, '@target-uri'))).toBe('message_malformed');
  });

  test.each(['https://', 'h.example', 'https://h.example/path', 'https://u@h.example', 'https://h.example:x'])('the origin %s is refused', (origin) => {
    expect(code(() => covered({ ...get, origin }, '@target-uri'))).toBe('message_malformed');
  });
});

describe('9. algorithms and component parameters', () => {
  test('an ECDSA signature is raw, and in DER it is refused', async () => {
    const raw = Buffer.from(/sig=:(.*):/.exec(sign(request, { key, components, created: now }).signature)?.[1] ?? '', 'base64');
    expect(raw).toHaveLength(64);
    const der = Buffer.concat([Buffer.from([0x30, 70]), half(raw.subarray(0, 32)), half(raw.subarray(32))]);
    expect(await refusal(mapHeader(signed(), 'signature', () => `sig=:${der.toString('base64')}:`))).toBe('signature_invalid');
  });

  test('an algorithm that the key is not for is refused, stated or not', async () => {
    expect(await refusal(signed({ statesAlgorithm: true }))).toBe('accepted');
    expect(await refusal(mapHeader(signed(), 'signature-input', (v) => `${v};alg="hmac-sha256"`))).toBe('algorithm_mismatch');
    expect(code(() => signed({ key: { ...key, algorithm: 'ed25519' } }))).toBe('algorithm_mismatch');
    expect(code(() => signed({ key: { ...key, algorithm: 'ecdsa-p384-sha384' } }))).toBe('algorithm_mismatch');
    const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
    expect(code(() => signed({ key: { keyid: 'rsa', algorithm: 'rsa-pss-sha512', privateKey: small } }))).toBe('algorithm_mismatch');
  });

  test.each([
    ['ed25519', generateKeyPairSync('ed25519')],
    ['ecdsa-p384-sha384', generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['rsa-pss-sha512', generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['rsa-v1_5-sha256', generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ] as const)('%s signs and verifies', async (algorithm, { privateKey, publicKey }) => {
    const message = signed({ key: { keyid: 'k', algorithm, privateKey } });
    expect(await refusal(message, { keys: () => ({ algorithm, publicKey }) })).toBe('accepted');
    expect(await refusal({ ...message, method: 'PUT' }, { keys: () => ({ algorithm, publicKey }) })).toBe('signature_invalid');
  });

  const rich: RequestMessage = {
    method: 'GET',
    origin: 'https://h.example',
    target: '/?q=a+b&twice=1&twice=2&u=%C3%A9',
    headers: [['Example-Dict', 'a=1,    b=2;x=1;y=2,   c=(a b   c)'], ['Set-Cookie', 'a=1, 2'], ['Set-Cookie', 'b=\u00ff']],
    trailers: [['Checksum', 'abc']],
  };
  const base = (identifier: string, message: Partial<RequestMessage> = {}) => {
    const options: SigningOptions = { key, components: [identifier], created: now, fieldTypes: { 'example-dict': 'dictionary' } };
    const merged = { ...rich, ...message };
    const headers = sign(merged, options);
    return { ...merged, headers: [...merged.headers, ['signature-input', headers['signature-input']], ['signature', headers.signature]] as HeaderLines };
  };
  const accepts = async (identifier: string, change: Partial<RequestMessage>) => refusal({ ...base(identifier), ...change }, { required: [], fieldTypes: { 'example-dict': 'dictionary' } });

  test('sf ignores spacing, key takes one member, bs keeps lines apart', async () => {
    const sf = '"example-dict";sf';
    expect(await accepts(sf, {})).toBe('accepted');
    const signedSf = base(sf);
    expect(await refusal({ ...signedSf, headers: signedSf.headers.map(([name, value]) => [name, value.replace('a=1,    b=2', 'a=1, b=2')]) }, { required: [], fieldTypes: { 'example-dict': 'dictionary' } })).toBe('accepted');
    const signedKey = base('"example-dict";key="b"');
    expect(await refusal({ ...signedKey, headers: signedKey.headers.map(([name, value]) => [name, value.replace('a=1', 'a=9')]) }, { required: [], fieldTypes: { 'example-dict': 'dictionary' } })).toBe('accepted');
    expect(await refusal({ ...signedKey, headers: signedKey.headers.map(([name, value]) => [name, value.replace('y=2', 'y=3')]) }, { required: [], fieldTypes: { 'example-dict': 'dictionary' } })).toBe('signature_invalid');
    const signedBs = base('"set-cookie";bs');
    expect(await refusal(signedBs, { required: [] })).toBe('accepted');
    expect(await refusal({ ...signedBs, headers: [['Set-Cookie', 'a=1, 2, b=\u00ff'], ...signedBs.headers.slice(-2)] }, { required: [] })).toBe('signature_invalid');
  });

  test('tr takes a trailer, name a query parameter', async () => {
    expect(await accepts('"checksum";tr', {})).toBe('accepted');
    expect(await accepts('"checksum";tr', { trailers: [['Checksum', 'abd']] })).toBe('signature_invalid');
    expect(await accepts('"checksum";tr', { trailers: [] })).toBe('component_missing');
    expect(await accepts('"@query-param";name="q"', { target: '/?other=1&q=a%20b' })).toBe('accepted');
    expect(await accepts('"@query-param";name="q"', { target: '/?q=a+c' })).toBe('signature_invalid');
    expect(await accepts('"@query-param";name="u"', {})).toBe('accepted');
  });

  test.each([
    ['"@query-param";name="twice"', 'component_repeated'],
    ['"@query-param";name="none"', 'component_missing'],
    ['"@query-param"', 'component_unsupported'],
    ['"@status"', 'component_unsupported'],
    ['"@signature-params"', 'component_unsupported'],
    ['"@method";sf', 'component_unsupported'],
    ['"@method";req', 'component_unsupported'],
    ['"@nonsense"', 'component_unsupported'],
    ['"example-dict";bs;sf', 'component_unsupported'],
    ['"example-dict";sf=?0', 'component_unsupported'],
    ['"example-dict";key="z"', 'component_missing'],
    ['"example-dict";key=z', 'component_unsupported'],
    ['"example-dict";color', 'component_unsupported'],
    ['"example-dict";sf;sf', 'component_unsupported'],
    ['"set-cookie";sf', 'component_unsupported'],
    ['"set-cookie"', 'component_unsupported'],
    ['"missing"', 'component_missing'],
    ['"Set-Cookie";bs', 'component_unsupported'],
    ['"checksum";tr;name="a"', 'component_unsupported'],
  ])('%s: %s', (identifier, expected) => {
    expect(code(() => base(identifier))).toBe(expected);
  });

  test('req binds a response to its request', async () => {
    const response = { status: 200, headers: [] as HeaderLines, request };
    const headers = sign(response, { key, components: ['@status', '"@method";req', '"content-digest";req'], created: now });
    const message = { ...response, headers: [['signature-input', headers['signature-input']], ['signature', headers.signature]] as HeaderLines };
    expect(await verify(message, policy)).toMatchObject({ keyid: 'ours' });
    await expect(verify({ ...message, request: { ...request, method: 'PUT' } }, policy)).rejects.toMatchObject({ code: 'signature_invalid' });
    await expect(verify({ ...message, status: 201 }, policy)).rejects.toMatchObject({ code: 'signature_invalid' });
  });

  test('a header value cannot forge further lines of the signature base', () => {
    expect(code(() => base('"x"', { headers: [['x', 'a\n"@method": DELETE']] }))).toBe('component_unsupported');
    expect(code(() => base('"x"', { headers: [['x y', 'a']] }))).toBe('message_malformed');
    expect(code(() => base('"@method"', { method: 'GET\n"x": y' }))).toBe('component_unsupported');
  });
});
