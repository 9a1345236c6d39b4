// SPDX-License-Identifier: Apache-2.0
// Signed notes: c2sp.org/signed-note@v1.0.0.
import { base64, decodeBase64, decodeUtf8, joinBytes, utf8 } from './bytes.js';
import { FormatError, TrustError } from './errors.js';
import { isKeyName } from './note-keys.js';
import type { NoteSigner, NoteVerifier } from './note-keys.js';

/** Bytes in a note that is still read. */
export const maxNoteBytes = 1_000_000;
/** Signature lines in a note that is still read; the format asks for 16 at least. */
export const maxSignatures = 100;

/** One signature line. */
export interface NoteSignature {
  readonly name: string;
  readonly keyId: number;
  /** What follows the key id: for cosignatures the time and then the signature. */
  readonly signature: Uint8Array;
}

/** A note taken apart; nothing is verified yet, so its text means nothing yet. */
export interface ParsedNote {
  /** Ends in a newline; this is what is signed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A note of which at least one trusted key signed the text, and no trusted key's line is wrong. */
export interface OpenedNote extends ParsedNote {
  readonly verified: readonly { readonly verifier: NoteVerifier; readonly signature: Uint8Array }[];
}

/** Signs the text with every signer, in order. @throws FormatError `note_malformed` when the text cannot be a note's */
export async function signNote(text: string, signers: readonly NoteSigner[]): Promise<string> {
  checkText(text);
  if (signers.length === 0) throw new FormatError('note_malformed', 'a note needs at least one signer');
  return addSignatures(`${text}\n`, text, signers);
}

/** Adds signatures to a note, as witnesses do. The text must have been verified before. */
export async function cosignNote(note: string, signers: readonly NoteSigner[]): Promise<string> {
  return addSignatures(note, parseNote(note).text, signers);
}

async function addSignatures(note: string, text: string, signers: readonly NoteSigner[]): Promise<string> {
  let signed = note;
  for (const signer of signers) {
    const keyId = new Uint8Array(4);
    new DataView(keyId.buffer).setUint32(0, signer.keyId);
    signed += `— ${signer.name} ${base64(joinBytes([keyId, await signer.sign(text)]))}\n`;
  }
  return signed;
}

/**
 * Takes a note apart without verifying anything.
 * @throws FormatError `note_malformed`
 */
export function parseNote(note: string | Uint8Array): ParsedNote {
  const bytes = typeof note === 'string' ? utf8(note) : note;
  if (bytes.length > maxNoteBytes) throw malformed(`it has ${bytes.length} bytes, the limit is ${maxNoteBytes}`);
  const content = decodeUtf8(bytes);
  if (content === undefined) throw malformed('it is not valid UTF-8');
  const end = content.lastIndexOf('\n\n');
  if (end < 0) throw malformed('the blank line before the signatures is missing');
  const text = content.slice(0, end + 1);
  checkText(text);
  const lines = content.slice(end + 2).split('\n');
  if (lines.pop() !== '') throw malformed('its last line does not end: it was cut off');
  if (lines.length === 0) throw malformed('it has no signature lines');
  if (lines.length > maxSignatures) throw malformed(`it has ${lines.length} signature lines, the limit is ${maxSignatures}`);
  return { text, signatures: lines.map(parseSignature) };
}

function parseSignature(line: string): NoteSignature {
  const [dash, name = '', encoded = '', ...more] = line.split(' ');
  const bytes = decodeBase64(encoded);
  if (dash !== '—' || !isKeyName(name) || !bytes || bytes.length < 5 || more.length > 0) throw malformed(`"${line.slice(0, 200)}" is not a signature line`);
  return { name, keyId: new DataView(bytes.buffer).getUint32(0), signature: bytes.slice(4) };
}

/**
 * Verifies a note against the keys that are trusted here. Lines of other keys are ignored, which is what allows key rotation and witnesses.
 * @throws FormatError `note_malformed`
 * @throws TrustError `note_untrusted` when no trusted key signed, `note_bad_signature` when a trusted key's line does not verify
 */
export function openNote(note: string | Uint8Array, trusted: readonly NoteVerifier[]): OpenedNote {
  const parsed = parseNote(note);
  const verified = parsed.signatures.flatMap(({ name, keyId, signature }) => {
    const verifier = trusted.find((key) => key.name === name && key.keyId === keyId);
    if (!verifier) return [];
    if (!verifier.verify(parsed.text, signature)) throw new TrustError('note_bad_signature', `the signature of "${name}" does not fit the text of the note`, { name });
    return [{ verifier, signature }];
  });
  if (verified.length === 0) {
    throw new TrustError('note_untrusted', `none of the ${parsed.signatures.length} signatures is by a trusted key: expected one of ${trusted.map((key) => key.name).join(', ') || '(none configured)'}`, { names: parsed.signatures.map(({ name }) => name) });
  }
  return { ...parsed, verified };
}

function checkText(text: string): void {
  if (!text.endsWith('\n') || text.length < 2) throw malformed('its text is empty or does not end in a newline');
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x20 && text[i] !== '\n') throw malformed('its text holds a control character');
  if (!text.isWellFormed()) throw malformed('its text holds half a surrogate pair');
}

function malformed(why: string): FormatError {
  return new FormatError('note_malformed', `this is not a signed note: ${why}`);
}
