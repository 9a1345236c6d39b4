// SPDX-License-Identifier: Apache-2.0
import { deflateRawSync } from 'node:zlib';
import { CompactEncrypt, type CompactJWEHeaderParameters } from 'jose';
import { describe, expect, it } from 'vitest';
import { privateJwk, vectors } from '../test/vectors.js';
import { base64url } from './base64url.js';
import { VerificationError } from './errors.js';
import { DecryptionKey, encryptJwe, type JweContext, readJweHeader } from './jwe.js';
import { importPublicJwk } from './jwk.js';

const vector = vectors<{ context: JweContext; plaintext: string; jwe: string }>('jwe');
const key = DecryptionKey.fromPrivateJwk(privateJwk('decryption'));
const { context, jwe } = vector;
const parts = jwe.split('.');
const withPart = (index: number, part: string): string => parts.map((old, i) => (i === index ? part : old)).join('.');

const codeOf = async (compact: string, of: JweContext = context): Promise<string | undefined> => {
  try {
    await key.decrypt(compact, of);
  } catch (error) {
    if (error instanceof VerificationError) return error.code;
    throw error;
  }
  return undefined;
};

describe('sealed answer', () => {
  it('of the vectors opens', async () => {
    expect((await key.decrypt(jwe, context)).toString()).toBe(vector.plaintext);
  });

  it('opens for the key it was made for, and is different each time', async () => {
    const recipient = DecryptionKey.generate();
    const [a, b] = await Promise.all([1, 2].map(() => encryptJwe(Buffer.from('secret'), recipient.publicJwk, context)));
    expect(a).not.toBe(b);
    expect((await recipient.decrypt(a ?? '', context)).toString()).toBe('secret');
    await expect(key.decrypt(a ?? '', context)).rejects.toMatchObject({ code: 'header_refused', details: { member: 'kid' } });
  });

  it('shows its authenticated header before it is opened, so that an answer finds its question', () => {
    expect(readJweHeader(jwe)).toMatchObject({ correlation: context.header?.['correlation'], kid: key.kid, enc: 'A256GCM' });
  });

  it.each<[string, JweContext]>([
    ['sender', { ...context, apu: 'spiffe://nervus.local/service/action' }],
    ['recipient', { ...context, apv: 'another kid' }],
    ['correlation id', { ...context, header: { correlation: 'another' } }],
    ['set of header members', { apu: context.apu, apv: context.apv }],
    ['demand for a further member', { ...context, header: { ...context.header, run: 'x' } }],
  ])('does not open in another context: %s', async (_, other) => {
    expect(await codeOf(jwe, other)).toBe('header_refused');
  });

  it.each([
    ['ciphertext', 3],
    ['tag', 4],
    ['initialisation vector', 2],
  ])('does not open with a changed %s', async (_, index) => {
    const bytes = Buffer.from(parts[index] ?? '', 'base64url');
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    expect(await codeOf(withPart(index, base64url(bytes)))).toBe('undecryptable');
  });

  it('does not open with a header in another spelling, which the tag covers', async () => {
    const header = JSON.stringify(JSON.parse(Buffer.from(parts[0] ?? '', 'base64url').toString()), null, 1);
    expect(await codeOf(withPart(0, base64url(Buffer.from(header))))).toBe('undecryptable');
  });

  it.each<[string, string]>([
    ['four parts', parts.slice(0, 4).join('.')],
    ['six parts', `${jwe}.`],
    ['an encrypted key, as key wrapping has it', withPart(1, 'AAAA')],
    ['a trailing newline', `${jwe}\n`],
    ['a padded part', `${jwe}=`],
    ['a short tag', withPart(4, base64url(Buffer.alloc(12)))],
    ['a long initialisation vector', withPart(2, base64url(Buffer.alloc(16)))],
    ['a header that is no JSON', withPart(0, base64url(Buffer.from('x')))],
    ['a header with a member twice', withPart(0, base64url(Buffer.from('{"alg":"ECDH-ES","alg":"dir"}')))],
    ['a megabyte', withPart(3, 'A'.repeat(2 ** 20))],
  ])('is malformed with %s', async (_, compact) => {
    expect(await codeOf(compact)).toBe('malformed');
  });

  it('is refused for the size of its header alone', async () => {
    const header = { ...readJweHeader(jwe), padding: 'x'.repeat(1600) };
    await expect(key.decrypt(withPart(0, base64url(Buffer.from(JSON.stringify(header)))), context)).rejects.toThrow(/the limit is 2048/);
  });

  const theirs = async (header: Partial<CompactJWEHeaderParameters>, plaintext = Buffer.from('x')): Promise<string> =>
    new CompactEncrypt(plaintext)
      .setProtectedHeader({ ...context.header, alg: 'ECDH-ES', enc: 'A256GCM', kid: key.kid, ...header })
      .setKeyManagementParameters({ apu: Buffer.from(context.apu), apv: Buffer.from(context.apv) })
      .encrypt(importPublicJwk(key.publicJwk));

  it('of jose in exactly our profile opens', async () => {
    expect(await codeOf(await theirs({}))).toBeUndefined();
  });

  it.each<[string, Partial<CompactJWEHeaderParameters>, string]>([
    ['another key length', { enc: 'A128GCM' }, 'header_refused'],
    ['CBC, whose vector is longer', { enc: 'A256CBC-HS512' }, 'malformed'],
    ['another kid', { kid: 'x' }, 'header_refused'],
    ['an unknown member', { cty: 'JWT' }, 'header_refused'],
  ])('with %s is refused', async (_, header, code) => {
    expect(await codeOf(await theirs(header))).toBe(code);
  });

  it('with compression is refused before anything is inflated', async () => {
    const bomb = deflateRawSync(Buffer.alloc(100_000));
    const [head = '', ...rest] = (await theirs({}, bomb)).split('.');
    const zipped = { ...(JSON.parse(Buffer.from(head, 'base64url').toString()) as object), zip: 'DEF' };
    expect(await codeOf([base64url(Buffer.from(JSON.stringify(zipped))), ...rest].join('.'))).toBe('header_refused');
  });

  it('with an ephemeral key off the curve is refused', async () => {
    const header = JSON.parse(Buffer.from(parts[0] ?? '', 'base64url').toString()) as { epk: { x: string; y: string } };
    header.epk.y = header.epk.x;
    expect(await codeOf(withPart(0, base64url(Buffer.from(JSON.stringify(header)))))).toBe('jwk_malformed');
  });

  it('cannot be made with a header member that is ours or would change its reading', async () => {
    await expect(encryptJwe(Buffer.from('x'), key.publicJwk, { ...context, header: { zip: 'DEF' } })).rejects.toThrow(TypeError);
    await expect(encryptJwe(Buffer.from('x'), key.publicJwk, { ...context, header: { alg: 'dir' } })).rejects.toThrow(TypeError);
  });

  it('never lets the private part be seen', () => {
    expect(JSON.stringify(key)).not.toContain(privateJwk('decryption').d);
    expect(Object.keys(key).toSorted()).toEqual(['kid', 'publicJwk']);
  });
});
