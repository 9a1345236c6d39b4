// SPDX-License-Identifier: Apache-2.0
// Offline proofs that an entry is in a log: c2sp.org/tlog-proof@v1, in files named `*.tlog-proof`.
import { base64, decodeBase64, decodeDecimal, decodeUtf8 } from './bytes.js';
import { openCheckpoint } from './checkpoint.js';
import type { OpenedCheckpoint } from './checkpoint.js';
import { FormatError } from './errors.js';
import { checkHash, checkSize, hashSize, verifyInclusion } from './merkle.js';
import type { NoteVerifier } from './note-keys.js';

const firstLine = 'c2sp.org/tlog-proof@v1';
/** More hashes than any tree of up to 2^53 leaves needs. */
const maxPath = 64;

/** A proof taken apart. */
export interface LogProof {
  /** Opaque and not authenticated by anything: hash it before believing it. */
  readonly extra?: Uint8Array;
  readonly index: number;
  readonly path: readonly Uint8Array[];
  /** The signed checkpoint, verbatim. */
  readonly checkpoint: string;
}

/** The proof as text. */
export function formatLogProof({ extra, index, path, checkpoint }: LogProof): string {
  checkSize(index, 'leaf index');
  for (const hash of path) checkHash(hash, 'proof hash');
  const lines = [firstLine, ...(extra ? [`extra ${base64(extra)}`] : []), `index ${index}`, ...path.map(base64), ''];
  return `${lines.join('\n')}\n${checkpoint}`;
}

/** Takes a proof apart without verifying anything. @throws FormatError `log_proof_malformed` */
export function parseLogProof(proof: string | Uint8Array): LogProof {
  const text = typeof proof === 'string' ? proof : decodeUtf8(proof);
  if (text === undefined) throw malformed('it is not valid UTF-8');
  const end = text.indexOf('\n\n');
  if (end < 0) throw malformed('the blank line before the checkpoint is missing');
  const lines = text.slice(0, end).split('\n');
  if (lines.shift() !== firstLine) throw malformed(`its first line must be "${firstLine}"`);
  const extra = lines[0]?.startsWith('extra ') ? decodeBase64(lines.shift()?.slice('extra '.length) ?? '') : null;
  if (extra === undefined) throw malformed('its extra data is not canonical base64');
  const [word, decimal = '', ...more] = (lines.shift() ?? '').split(' ');
  const index = decodeDecimal(decimal);
  if (word !== 'index' || index === undefined || more.length > 0) throw malformed('the line "index <number>" is missing');
  if (lines.length > maxPath) throw malformed(`it has ${lines.length} hashes, no tree needs more than ${maxPath}`);
  const path = lines.map((line) => {
    const hash = decodeBase64(line);
    if (hash?.length !== hashSize) throw malformed(`"${line.slice(0, 100)}" is not a hash of ${hashSize} bytes in base64`);
    return hash;
  });
  return { ...(extra ? { extra } : {}), index, path, checkpoint: text.slice(end + 2) };
}

/**
 * Verifies the whole proof for one leaf: the log's signature, then the path to its root.
 * For witnesses give the checkpoint to {@link checkPolicy} as well.
 * @throws FormatError, TrustError or ProofError
 */
export function verifyLogProof(proof: string | Uint8Array, leafHash: Uint8Array, trusted: readonly NoteVerifier[]): OpenedCheckpoint & { readonly index: number } {
  const { index, path, checkpoint } = parseLogProof(proof);
  const opened = openCheckpoint(checkpoint, trusted);
  verifyInclusion(leafHash, index, opened.checkpoint.size, path, opened.checkpoint.root);
  return { ...opened, index };
}

function malformed(why: string): FormatError {
  return new FormatError('log_proof_malformed', `this is not a log proof: ${why}`);
}
