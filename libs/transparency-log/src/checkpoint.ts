// SPDX-License-Identifier: Apache-2.0
// Checkpoints: c2sp.org/tlog-checkpoint. Three lines; extension lines are refused, because monitors cannot audit them.
import { base64, decodeBase64, decodeDecimal } from './bytes.js';
import { FormatError, TrustError } from './errors.js';
import { checkHash, checkSize, hashSize } from './merkle.js';
import { openNote, signNote } from './note.js';
import type { OpenedNote } from './note.js';
import { signatureTypes } from './note-keys.js';
import type { NoteSigner, NoteVerifier } from './note-keys.js';

/** What a log commits to. */
export interface Checkpoint {
  /** Names the log: a URL without its scheme. */
  readonly origin: string;
  /** Entries in the tree. */
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

/** A checkpoint whose log signature was verified. */
export interface OpenedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly note: OpenedNote;
}

/** The text that is signed. @throws FormatError `checkpoint_malformed`, ProofError for a size or root that cannot be */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  if (origin === '' || /[\n\r]/.test(origin)) throw malformed('its origin must be one non-empty line');
  checkSize(size, 'checkpoint size');
  checkHash(root, 'checkpoint root');
  return `${origin}\n${size}\n${base64(root)}\n`;
}

/** Reads the text of a checkpoint note. @throws FormatError `checkpoint_malformed` */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = '', decimal = '', encoded = '', end, ...more] = text.split('\n');
  if (origin === '') throw malformed('its first line, the origin, is empty');
  const size = decodeDecimal(decimal);
  if (size === undefined) throw malformed(`its second line "${decimal}" is not a tree size`);
  const root = decodeBase64(encoded);
  if (root?.length !== hashSize) throw malformed(`its third line "${encoded}" is not a root hash of ${hashSize} bytes in base64`);
  if (end !== '' || more.length > 0) throw malformed('it must be exactly three lines: extension lines are not accepted');
  return { origin, size, root };
}

/** A signed checkpoint. Every signer's name must be the origin: old and new key both sign while the log's key rotates. */
export async function signCheckpoint(checkpoint: Checkpoint, signers: readonly NoteSigner[]): Promise<string> {
  const stranger = signers.find(({ name }) => name !== checkpoint.origin);
  if (stranger) throw new TrustError('checkpoint_origin', `the key "${stranger.name}" cannot sign for the log "${checkpoint.origin}": a log's key has the log's name`, { name: stranger.name, origin: checkpoint.origin });
  return signNote(formatCheckpoint(checkpoint), signers);
}

/**
 * Verifies that the log itself signed the checkpoint. Witness keys may be among those trusted, but cannot speak for the log.
 * @throws FormatError `note_malformed` or `checkpoint_malformed`
 * @throws TrustError `note_untrusted`, `note_bad_signature` or `checkpoint_origin`
 */
export function openCheckpoint(note: string | Uint8Array, trusted: readonly NoteVerifier[]): OpenedCheckpoint {
  const opened = openNote(note, trusted);
  const checkpoint = parseCheckpoint(opened.text);
  if (!opened.verified.some(({ verifier }) => verifier.type === signatureTypes.ed25519 && verifier.name === checkpoint.origin)) {
    throw new TrustError('checkpoint_origin', `the checkpoint is for the log "${checkpoint.origin}", but no trusted key of that name signed it`, { origin: checkpoint.origin });
  }
  return { checkpoint, note: opened };
}

function malformed(why: string): FormatError {
  return new FormatError('checkpoint_malformed', `this is not a checkpoint: ${why}`);
}
