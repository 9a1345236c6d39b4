// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { openCheckpoint, parseCheckpoint, signCheckpoint } from './checkpoint.js';
import { FormatError, TrustError } from './errors.js';
import { hashLeaf } from './merkle.js';
import { cosignNote, openNote, parseNote, signNote } from './note.js';
import { cosignatureTime, cosigner, noteSigner, noteVerifier } from './note-keys.js';

// The example of golang.org/x/mod/sumdb/note, and a checkpoint that sum.golang.org published.
const example = {
  vkey: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  text: 'If you think cryptography is the answer to your problem,\nthen you don\'t know what your problem is.\n',
  line: '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n',
};
const sumdb = {
  vkey: 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8',
  note: 'go.sum database tree\n63096908\n8lHrQPRYe4KT4WQ9/Qk8/taKnD6IRHbFgfN7vQE2Y54=\n\n— sum.golang.org Az3gri/oVBN1jAhNZ/iS+W31psFAWRT20/GyrhpU6taFwulQGetBkH5S7wpGXdS935jiIGiUUAXBVHzT/P6fYhqAmAk=\n',
};

const newKey = () => generateKeyPairSync('ed25519').privateKey;
const signer = noteSigner('log.example/a', newKey());
const trusted = [noteVerifier(signer.verifierKey)];

describe('foreign notes', () => {
  test('signing the published example gives its bytes', async () => {
    const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seedOf('PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz')]);
    const foreign = noteSigner('PeterNeumann', createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
    expect(foreign.verifierKey).toBe(example.vkey);
    expect(await signNote(example.text, [foreign])).toBe(`${example.text}\n${example.line}`);
  });

  test('the published example and a real checkpoint of the Go checksum database verify', () => {
    expect(openNote(`${example.text}\n${example.line}`, [noteVerifier(example.vkey)]).text).toBe(example.text);
    const opened = openNote(sumdb.note, [noteVerifier(sumdb.vkey)]);
    expect(parseCheckpoint(opened.text)).toMatchObject({ origin: 'go.sum database tree', size: 63_096_908 });
  });

  test('a checkpoint signed under another name than its origin is refused as a checkpoint', () => {
    expect(code(() => openCheckpoint(sumdb.note, [noteVerifier(sumdb.vkey)]))).toBe('checkpoint_origin');
  });
});

describe('trust', () => {
  test('a note is believed by one trusted signature among unknown ones', async () => {
    const note = await signNote('text\n', [noteSigner('log.example/b', newKey()), signer, noteSigner('log.example/a', newKey())]);
    const opened = openNote(note, trusted);
    expect(opened.signatures).toHaveLength(3);
    expect(opened.verified.map(({ verifier }) => verifier.name)).toEqual(['log.example/a']);
  });

  test('a note that nobody trusted signed is refused', async () => {
    const note = await signNote('text\n', [noteSigner('log.example/b', newKey())]);
    expect(code(() => openNote(note, trusted))).toBe('note_untrusted');
    expect(code(() => openNote(note, []))).toBe('note_untrusted');
  });

  test('a valid signature does not rescue a note whose other trusted signature is broken', async () => {
    const other = noteSigner('log.example/b', newKey());
    const note = await signNote('text\n', [signer, other]);
    const broken = note.replace(/(log\.example\/b \S{40})(.)/, (_, before: string, c: string) => before + (c === 'A' ? 'B' : 'A'));
    expect(code(() => openNote(broken, [...trusted, noteVerifier(other.verifierKey)]))).toBe('note_bad_signature');
    expect(openNote(broken, trusted).verified).toHaveLength(1);
  });

  test('every changed byte of text or signature is noticed', async () => {
    const note = Buffer.from(await signNote('log.example/a\n7\nabc\n', [signer]));
    for (let at = 0; at < note.length; at++) {
      const changed = Buffer.from(note);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(code(() => openNote(changed, trusted)), `byte ${at}`).toMatch(/^note_(malformed|untrusted|bad_signature)$/);
    }
  });

  test('a note that was cut off anywhere is refused', async () => {
    const note = await signNote('line one\n\nline two\n', [signer]);
    for (let length = 0; length < note.length; length++) expect(code(() => openNote(note.slice(0, length), trusted)), `${length} characters`).toMatch(/^note_/);
  });
});

describe('the format', () => {
  const good = `text\n\n— n ${Buffer.alloc(68, 7).toString('base64')}\n`;

  test('the text ends at the last blank line, so that it may hold blank lines itself', () => {
    expect(parseNote(`a\n\nb\n\n— n ${Buffer.alloc(68).toString('base64')}\n`).text).toBe('a\n\nb\n');
  });

  test.each([
    ['control character', good.replace('text', 'te\u0007xt')],
    ['carriage return', good.replace('text\n', 'text\r\n')],
    ['hyphen for the em dash', good.replace('—', '-')],
    ['two spaces', good.replace('— n', '—  n')],
    ['name with plus', good.replace('— n', '— n+m')],
    ['name with a no-break space', good.replace('— n', '— n\u00a0m')],
    ['something after the signature', good.replace(/\n$/, ' x\n')],
    ['no padding', good.replace(/=+\n$/, '\n')],
    ['stray bits in base64', good.replace(/Bw==\n$/, 'Bx==\n').replace(/c=\n$/, 'd=\n')],
    ['signature of the key id alone', 'text\n\n— n AAAAAA==\n'],
    ['no signature', 'text\n\n'],
    ['no text', `\n\n— n ${Buffer.alloc(68).toString('base64')}\n`],
    ['101 signatures', 'text\n\n' + good.slice(6).repeat(101)],
  ])('%s is refused', (_, note) => {
    expect(code(() => parseNote(note))).toBe('note_malformed');
  });

  test('bytes that are not UTF-8 are refused', () => {
    expect(code(() => parseNote(Buffer.from(good).fill(0xff, 0, 1)))).toBe('note_malformed');
  });

  test('100 signatures and 16 of them ours are read', () => {
    expect(parseNote('text\n\n' + good.slice(6).repeat(100)).signatures).toHaveLength(100);
  });

  test.each([
    ['another name', sumdb.vkey.replace('sum.', 'sun.')],
    ['another id', sumdb.vkey.replace('033d', '033e')],
    ['upper-case id', sumdb.vkey.replace('033de0ae', '033DE0AE')],
    ['unknown type', 'n+00000000+BTMzMzM='],
    ['short key', 'n+00000000+ATMzMzM='],
    ['no name', '+00000000+ATMz'],
  ])('a verifier key with %s is refused', (_, vkey) => {
    expect(code(() => noteVerifier(vkey))).toBe('key_malformed');
  });

  test('a key that is not Ed25519 cannot sign notes', () => {
    expect(code(() => noteSigner('n', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey))).toBe('key_malformed');
  });
});

describe('checkpoints', () => {
  const root = hashLeaf(Buffer.from('entry'));
  const checkpoint = { origin: 'log.example/a', size: 20_852_163, root };

  test('one goes through signing and opening unchanged', async () => {
    const opened = openCheckpoint(await signCheckpoint(checkpoint, [signer]), trusted);
    expect(opened.checkpoint).toEqual({ ...checkpoint, root: Uint8Array.from(root) });
  });

  test('while a key rotates, the old and the new one are each enough', async () => {
    const next = noteSigner('log.example/a', newKey());
    const note = await signCheckpoint(checkpoint, [signer, next]);
    expect(openCheckpoint(note, trusted).checkpoint.size).toBe(checkpoint.size);
    expect(openCheckpoint(note, [noteVerifier(next.verifierKey)]).checkpoint.size).toBe(checkpoint.size);
  });

  test('a witness cannot speak for the log, even under its name', async () => {
    const witness = cosigner('log.example/a', newKey(), () => 1_679_315_147);
    const note = await cosignNote(await signCheckpoint(checkpoint, [noteSigner('log.example/a', newKey())]), [witness]);
    expect(code(() => openCheckpoint(note, [noteVerifier(witness.verifierKey)]))).toBe('checkpoint_origin');
  });

  test('a key of another name is not let sign for the log', async () => {
    await expect(signCheckpoint(checkpoint, [noteSigner('log.example/b', newKey())])).rejects.toMatchObject({ code: 'checkpoint_origin' });
  });

  test('a cosignature states its time and fits only that time', async () => {
    const witness = cosigner('witness.example/w', newKey(), () => 1_679_315_147.9);
    const note = await cosignNote(await signCheckpoint(checkpoint, [signer]), [witness]);
    const [cosignature] = openNote(note, [noteVerifier(witness.verifierKey)]).verified;
    expect(cosignatureTime(cosignature?.signature ?? new Uint8Array(8))).toBe(1_679_315_147);
    const line = Buffer.from(note.split(' ').at(-1) ?? '', 'base64');
    line[11] = (line[11] ?? 0) ^ 1;
    const later = note.slice(0, note.lastIndexOf(' ') + 1) + line.toString('base64') + '\n';
    expect(code(() => openNote(later, [noteVerifier(witness.verifierKey)]))).toBe('note_bad_signature');
  });

  test.each([
    ['two lines', 'o\n1\n'],
    ['an extension line', `o\n1\n${Buffer.alloc(32).toString('base64')}\nmore\n`],
    ['a leading zero', `o\n01\n${Buffer.alloc(32).toString('base64')}\n`],
    ['a negative size', `o\n-1\n${Buffer.alloc(32).toString('base64')}\n`],
    ['a size above 2^53', `o\n9007199254740993\n${Buffer.alloc(32).toString('base64')}\n`],
    ['a short root', `o\n1\n${Buffer.alloc(31).toString('base64')}\n`],
    ['no origin', `\n1\n${Buffer.alloc(32).toString('base64')}\n`],
  ])('%s is no checkpoint', (_, text) => {
    expect(code(() => parseCheckpoint(text))).toBe('checkpoint_malformed');
  });
});

function seedOf(skey: string): Buffer {
  return Buffer.from(skey.split('+').slice(4).join('+'), 'base64').subarray(1);
}

/** The code of our error that the call throws, else what happened instead. */
function code(call: () => unknown): string {
  try {
    call();
    return 'accepted';
  } catch (error) {
    if (error instanceof FormatError || error instanceof TrustError) return error.code;
    throw error;
  }
}
