// SPDX-License-Identifier: Apache-2.0
// The examples of RFC 9421 (sections 2.4, B.2, B.3 and B.4) and RFC 9530.
import { createPrivateKey, createPublicKey, createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { signBytes, verifyBytes } from './algorithms.js';
import type { AnyAlgorithm } from './algorithms.js';
import { checkContentDigest, contentDigest } from './content-digest.js';
import type { Message, RequestMessage, ResponseMessage } from './message.js';
import { signatureBase } from './signature-base.js';
import { readSignatures } from './signature-fields.js';
import { sign } from './sign.js';
import { verify } from './verify.js';

const publicKey = (jwk: Record<string, string>) => createPublicKey({ key: jwk, format: 'jwk' });
const ed25519 = { kty: 'OKP', crv: 'Ed25519', x: 'JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs' };
const keys: Record<string, { algorithm: AnyAlgorithm; key: KeyObject }> = {
  'test-key-rsa-pss': {
    algorithm: 'rsa-pss-sha512',
    key: publicKey({
      kty: 'RSA',
      e: 'AQAB',
      n: 'r4tmm3r20Wd_PbqvP1s2-QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct-Lh1GH45x28Rw3Ry53mm-oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHqgDsznjPFmTOtCEcN2Z1FpWgchwuYLPL-Wokqltd11nqqzi-bJ9cvSKADYdUAAN5WUtzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4aOT9v6d-nb4bnNkQVklLQ3fVAvJm-xdDOp9LCNCN48V2pnDOkFV6-U9nV5oyc6XI2w',
    }),
  },
  'test-key-ecc-p256': { algorithm: 'ecdsa-p256-sha256', key: publicKey({ kty: 'EC', crv: 'P-256', x: 'qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA', y: 'Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0' }) },
  'test-key-ed25519': { algorithm: 'ed25519', key: publicKey(ed25519) },
  'test-shared-secret': { algorithm: 'hmac-sha256', key: createSecretKey('uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==', 'base64') },
};

const testRequest: RequestMessage = {
  method: 'POST',
  origin: 'https://example.com',
  target: '/foo?param=Value&Pet=dog',
  headers: [
    ['Host', 'example.com'],
    ['Date', 'Tue, 20 Apr 2021 02:07:55 GMT'],
    ['Content-Type', 'application/json'],
    ['Content-Digest', 'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:'],
    ['Content-Length', '18'],
  ],
  body: Buffer.from('{"hello": "world"}'),
};
const testResponse: ResponseMessage = {
  status: 200,
  headers: [
    ['Date', 'Tue, 20 Apr 2021 02:07:56 GMT'],
    ['Content-Type', 'application/json'],
    ['Content-Digest', 'sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:'],
    ['Content-Length', '23'],
  ],
  body: Buffer.from('{"message": "good dog"}'),
};
const clientCert = ':MIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJMZXQncyBBdXRoZW50aWNhdGUxGzAZBgNVBAMMEkxBIEludGVybWVkaWF0ZSBDQTAeFw0yMDAxMTQyMjU1MzNaFw0yMTAxMjMyMjU1MzNaMA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8YnXXfaUgmnMtOXU/IncWalRhebrXmckC8vdgJ1p5Be5F/3YC8OthxM4+k1M6aEAEFcGzkJiNy6J84y7uzo9M6NyMHAwCQYDVR0TBAIwADAfBgNVHSMEGDAWgBRm3WjLa38lbEYCuiCPct0ZaSED2DAOBgNVHQ8BAf8EBAMCBsAwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0RAQH/BBMwEYEPYmRjQGV4YW1wbGUuY29tMAoGCCqGSM49BAMCA0gAMEUCIBHda/r1vaL6G3VliL4/Di6YK0Q6bMjeSkC3dFCOOB8TAiEAx/kHSB4urmiZ0NX5r5XarmPk0wmuydBVoU4hBVZ1yhk=:';
const answered = 'sig1=:LAH8BjcfcOcLojiuOBFWn0P5keD3xAOuJRGziCLuD8r5MW9S0RoXXLzLSRfGY/3SF8kVIkHjE13SEFdTo4Af/fJ/Pu9wheqoLVdwXyY/UkBIS1M8Brc8IODsn5DFIrG0IrburbLi0uCc+E2ZIIb6HbUJ+o+jP58JelMTe0QE3IpWINTEzpxjqDf5/Df+InHCAkQCTuKsamjWXUpyOT1Wkxi7YPVNOjW4MfNuTZ9HdbD2Tr65+BXeTG9ZS/9SWuXAc+BZ8WyPz0QRz//ec3uWXd7bYYODSjRAxHqX+S1ag3LZElYyUKaAIjZ8MGOt4gXEwCSLDv/zqxZeWLj/PDkn6w==:';

interface Vector {
  message: Message;
  input: string;
  signature: string;
}

const vectors: Record<string, Vector> = {
  'B.2.1 minimal, RSA-PSS': {
    message: testRequest,
    input: 'sig-b21=();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"',
    signature: 'd2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtRxf8Udx7zFZsckzXaJMkA7ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJzsPLMIQKhO4DGezXehhWwE56YCE+O6c0mKZsfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO5Nyt8C8ssinQ98Xw9Q==',
  },
  'B.2.2 selective, RSA-PSS': {
    message: testRequest,
    input: 'sig-b22=("@authority" "content-digest" "@query-param";name="Pet");created=1618884473;keyid="test-key-rsa-pss";tag="header-example"',
    signature: 'LjbtqUbfmvjj5C5kr1Ugj4PmLYvx9wVjZvD9GsTT4F7GrcQEdJzgI9qHxICagShLRiLMlAJjtq6N4CDfKtjvuJyE5qH7KT8UCMkSowOB4+ECxCmT8rtAmj/0PIXxi0A0nxKyB09RNrCQibbUjsLS/2YyFYXEu4TRJQzRw1rLEuEfY17SARYhpTlaqwZVtR8NV7+4UKkjqpcAoFqWFQh62s7Cl+H2fjBSpqfZUJcsIk4N6wiKYd4je2U/lankenQ99PZfB4jY3I5rSV2DSBVkSFsURIjYErOs0tFTQosMTAoxk//0RoKUqiYY8Bh0aaUEb0rQl3/XaVe4bXTugEjHSw==',
  },
  'B.2.3 full coverage, RSA-PSS': {
    message: testRequest,
    input: 'sig-b23=("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss"',
    signature: 'bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qRpRRU5p2voTp768ZrCUb38K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1pFkh/aYA2HXXZzNBXmIkoQoLd7YfW91kE9o/CCoC1xMy7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8LZH896+QIF61ka39VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FUo5fTIztsDZKEgM4cUA==',
  },
  'B.2.4 a response, ECDSA P-256': {
    message: testResponse,
    input: 'sig-b24=("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256"',
    signature: 'wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==',
  },
  'B.2.5 HMAC': {
    message: testRequest,
    input: 'sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
    signature: 'pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=',
  },
  'B.2.6 Ed25519': {
    message: testRequest,
    input: 'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"',
    signature: 'wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==',
  },
  'B.3 a TLS-terminating proxy, ECDSA P-256': {
    message: { method: 'POST', origin: 'https://service.internal.example', target: '/foo?param=Value&Pet=dog', headers: [['Client-Cert', clientCert]] },
    input: 'ttrp=("@path" "@query" "@method" "@authority" "client-cert");created=1618884473;keyid="test-key-ecc-p256"',
    signature: 'xVMHVpawaAC/0SbHrKRs9i8I3eOs5RtTMGCWXm/9nvZzoHsIg6Mce9315T6xoklyy0yzhD9ah4JHRwMLOgmizw==',
  },
  'B.4 before transformations, Ed25519': {
    message: { method: 'GET', origin: 'https://example.org', target: '/demo?name1=Value1&Name2=value2', headers: [['Accept', 'application/json'], ['Accept', '*/*']] },
    input: 'transform=("@method" "@path" "@authority" "accept");created=1618884473;keyid="test-key-ed25519"',
    signature: 'ZT1kooQsEHpZ0I1IjCqtQppOmIqlJPeo7DHR3SoMn0s5JZ1eRGS0A+vyYP9t/LXlh5QMFFQ6cpLt2m0pmj3NDA==',
  },
  '2.4 a response bound to its request, ECDSA P-256': {
    message: { status: 503, headers: [['Content-Length', '62'], ['Content-Type', 'application/json']], request: { ...testRequest, headers: [['Signature', answered]] } },
    input: 'reqres=("@status" "content-length" "content-type" "signature";req;key="sig1");created=1618884479;keyid="test-key-ecc-p256"',
    signature: 'Cm7JJUxsmBy406AxT9gOnrHZrqUXUclJyOQm9ymX3uA1oBHzHS49Xo+AWJQbXeB40zR18khj4g/iE9uokVdK1A==',
  },
};

function read({ message, input, signature }: Vector) {
  const [entry] = readSignatures([...message.headers, ['Signature-Input', input], ['Signature', `${input.slice(0, input.indexOf('='))}=:${signature}:`]]);
  const key = keys[entry?.parameters.keyid ?? ''];
  if (!entry || !key) throw new Error('the vector has no signature by a test key');
  return { ...entry, ...key, base: signatureBase(message, entry.input) };
}

describe('RFC 9421', () => {
  test.each(Object.entries(vectors))('%s verifies, and no longer after one bit', (_, vector) => {
    const { algorithm, key, base, signature } = read(vector);
    expect(verifyBytes(algorithm, key, base, signature)).toBe(true);
    expect(verifyBytes(algorithm, key, base.map((byte, i) => (i === 7 ? byte ^ 1 : byte)), signature)).toBe(false);
    expect(verifyBytes(algorithm, key, base, signature.map((byte, i) => (i === 9 ? byte ^ 1 : byte)))).toBe(false);
  });

  test('HMAC and Ed25519 signatures have the same bytes', () => {
    const hmac = read(vectors['B.2.5 HMAC'] ?? fail());
    expect(Buffer.from(signBytes('hmac-sha256', hmac.key, hmac.base))).toEqual(Buffer.from(hmac.signature));
    const privateKey = createPrivateKey({ key: { ...ed25519, d: 'n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU' }, format: 'jwk' });
    const signed = sign(testRequest, { label: 'sig-b26', key: { keyid: 'test-key-ed25519', algorithm: 'ed25519', privateKey }, components: ['date', '@method', '@path', '@authority', 'content-type', 'content-length'], created: 1_618_884_473 });
    expect(signed).toEqual({ 'signature-input': vectors['B.2.6 Ed25519']?.input, signature: `sig-b26=:${vectors['B.2.6 Ed25519']?.signature}:` });
  });

  test('the signature base of B.2.3 is the one printed', () => {
    expect(Buffer.from(read(vectors['B.2.3 full coverage, RSA-PSS'] ?? fail()).base).toString()).toBe(
      ['"date": Tue, 20 Apr 2021 02:07:55 GMT', '"@method": POST', '"@path": /foo', '"@query": ?param=Value&Pet=dog', '"@authority": example.com', '"content-type": application/json', '"content-digest": sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:', '"content-length": 18', '"@signature-params": ("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss"'].join('\n'),
    );
  });

  test('a whole example message passes the verifier with its policy, at its time', async () => {
    const { message, input, signature } = vectors['B.2.3 full coverage, RSA-PSS'] ?? fail();
    const signed = { ...message, headers: [...message.headers, ['Signature-Input', input], ['Signature', `sig-b23=:${signature}:`]] as const };
    const { key } = keys['test-key-rsa-pss'] ?? fail();
    const policy = { keys: () => ({ algorithm: 'rsa-pss-sha512' as const, publicKey: key }), unixSeconds: () => 1_618_884_480, required: ['@method', '@path', '@query', '@authority'] };
    expect(await verify(signed, policy)).toMatchObject({ label: 'sig-b23', keyid: 'test-key-rsa-pss', created: 1_618_884_473 });
    await expect(verify(signed, { ...policy, unixSeconds: () => 1_700_000_000 })).rejects.toMatchObject({ code: 'signature_stale' });
  });
});

describe('RFC 9530', () => {
  test('the digests of its examples', () => {
    expect(contentDigest(Buffer.from('{"hello": "world"}\n'))).toBe('sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:');
    expect(contentDigest(Buffer.from('{"hello": "world"}\n'), ['sha-512'])).toBe('sha-512=:YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==:');
    expect(contentDigest(new Uint8Array(0))).toBe('sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:');
  });

  test('the digests of the RFC 9421 messages fit their content', () => {
    for (const message of [testRequest, testResponse]) checkContentDigest(message.headers, message.body ?? new Uint8Array(0));
  });
});

function fail(): never {
  throw new Error('no such vector');
}
