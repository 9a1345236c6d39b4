// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { signCheckpoint } from './checkpoint.js';
import { FormatError, ProofError, TrustError } from './errors.js';
import { formatLogProof, parseLogProof, verifyLogProof } from './log-proof.js';
import { hashLeaf, merkleTree } from './merkle.js';
import { cosignNote } from './note.js';
import { cosigner, noteSigner, noteVerifier } from './note-keys.js';
import { checkPolicy, parsePolicy } from './policy.js';

const key = () => generateKeyPairSync('ed25519').privateKey;
const log = noteSigner('log.example/a', key());
const witnesses = ['x1', 'x2', 'x3', 'y1', 'y2'].map((name, i) => cosigner(`witness.example/${name}`, key(), () => 1_700_000_000 + i));
const [x1, x2, x3, y1, y2] = witnesses;
const lines = [
  '# who must have seen the log',
  `log ${log.verifierKey} https://log.example/a`,
  ...witnesses.map((witness) => `\twitness ${witness.name.split('/')[1]}  ${witness.verifierKey}`),
  '',
  'group x 2 x1 x2 x3',
  'group y any y1 y2',
  'group both all x y',
  'quorum both',
];
const policy = parsePolicy(lines.join('\n') + '\n');
const checkpoint = { origin: 'log.example/a', size: 3, root: hashLeaf(Buffer.from('r')) };
const note = async (...signers: (typeof x1)[]) => cosignNote(await signCheckpoint(checkpoint, [log]), signers.filter((signer) => signer !== undefined));

const w = (name: string, i: number) => `witness ${name} ${witnesses[i]?.verifierKey}`;

describe('a policy with two groups', () => {
  test('is satisfied by its quorum and tells who witnessed when', async () => {
    const checked = checkPolicy(await note(x1, x3, y2), policy);
    expect([...checked.witnesses.keys()]).toEqual(['x1', 'x3', 'y2']);
    expect(checked.witnesses.get('x3')).toEqual({ unixSeconds: 1_700_000_002 });
    expect(checked.checkpoint.size).toBe(3);
  });

  test.each([
    ['nobody', []],
    ['one group only', [x1, x2, x3]],
    ['too few of a group', [x1, y1, y2]],
    ['the same witness twice', [x1, x1, y1]],
    ['strangers', [cosigner('witness.example/x2', key(), () => 1), x1, y1]],
  ])('is not satisfied by %s', async (_, signers) => {
    const signed = await note(...signers);
    expect(code(() => checkPolicy(signed, policy))).toBe('quorum_missing');
  });

  test('is not satisfied by witnesses without the log', async () => {
    const foreign = await cosignNote(await signCheckpoint(checkpoint, [noteSigner('log.example/a', key())]), witnesses);
    expect(code(() => checkPolicy(foreign, policy))).toBe('checkpoint_origin');
  });
});

describe('policy files', () => {
  test('quorum none asks for the log alone', async () => {
    expect(checkPolicy(await note(), parsePolicy(`log ${log.verifierKey}\nquorum none`)).witnesses.size).toBe(0);
  });

  test.each([
    ['no quorum', [w('a', 0)]],
    ['two quorums', ['quorum none', 'quorum none']],
    ['a quorum defined later', ['quorum a', w('a', 0)]],
    ['an unknown keyword', ['loq x', 'quorum none']],
    ['a carriage return', ['quorum none\r']],
    ['a name used twice', [w('a', 0), w('a', 1), 'quorum a']],
    ['a witness called none', [w('none', 0), 'quorum none']],
    ['a key used twice', [w('a', 0), w('b', 0), 'quorum a']],
    ['a log key for a witness', [`witness a ${log.verifierKey}`, 'quorum a']],
    ['a witness key for a log', [`log ${x1?.verifierKey}`, 'quorum none']],
    ['a member of two groups', [w('a', 0), 'group g all a', 'group h all a', 'quorum g']],
    ['a member named twice', [w('a', 0), 'group g 2 a a', 'quorum g']],
    ['an undefined member', [w('a', 0), 'group g any a b', 'quorum g']],
    ['an empty group', ['group g all', 'quorum g']],
    ['threshold 0', [w('a', 0), 'group g 0 a', 'quorum g']],
    ['a threshold above the members', [w('a', 0), 'group g 2 a', 'quorum g']],
    ['a broken key', ['log nonsense', 'quorum none']],
    ['too many words', [`log ${log.verifierKey} https://a b`, 'quorum none']],
  ])('%s is refused with its line', (_, text) => {
    expect(() => parsePolicy(text.join('\n'))).toThrow(/line \d/);
    expect(code(() => parsePolicy(text.join('\n')))).toBe('policy_malformed');
  });
});

describe('log proofs', () => {
  const entries = Array.from({ length: 11 }, (_, i) => Buffer.from(`entry ${i}`));
  const tree = merkleTree(entries.map(hashLeaf));
  const trusted = [noteVerifier(log.verifierKey)];
  const proofOf = async (index: number, extra?: Uint8Array) =>
    formatLogProof({ index, path: tree.inclusionPath(index), checkpoint: await signCheckpoint({ origin: 'log.example/a', size: 11, root: tree.root }, [log]), ...(extra ? { extra } : {}) });

  test('one for every entry verifies, and for no other entry', async () => {
    for (const [index, entry] of entries.entries()) {
      const proof = await proofOf(index, entry);
      expect(verifyLogProof(proof, hashLeaf(entry), trusted).index).toBe(index);
      expect(Buffer.from(parseLogProof(proof).extra ?? [])).toEqual(entry);
      expect(code(() => verifyLogProof(proof, hashLeaf(Buffer.from('other')), trusted))).toBe('root_mismatch');
    }
  });

  test('one that was cut off anywhere or changed anywhere is refused', async () => {
    const proof = await proofOf(6);
    const leaf = hashLeaf(Buffer.from('entry 6'));
    for (let at = 0; at < proof.length; at++) expect(code(() => verifyLogProof(proof.slice(0, at), leaf, trusted)), `${at} characters`).not.toBe('accepted');
    const bytes = Buffer.from(proof);
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(code(() => verifyLogProof(changed, leaf, trusted)), `byte ${at}`).not.toBe('accepted');
    }
  });

  test('a tree of one entry has a proof without hashes', async () => {
    const leaf = hashLeaf(Buffer.from('only'));
    const proof = formatLogProof({ index: 0, path: [], checkpoint: await signCheckpoint({ origin: 'log.example/a', size: 1, root: leaf }, [log]) });
    expect(proof).toMatch(/^c2sp\.org\/tlog-proof@v1\nindex 0\n\nlog\.example\/a\n1\n/);
    expect(verifyLogProof(proof, leaf, trusted).checkpoint.size).toBe(1);
  });

  test.each([
    ['another version', 'c2sp.org/tlog-proof@v2\nindex 0\n\nx'],
    ['no index', 'c2sp.org/tlog-proof@v1\n\nx'],
    ['an index with a leading zero', 'c2sp.org/tlog-proof@v1\nindex 00\n\nx'],
    ['extra that is not base64', 'c2sp.org/tlog-proof@v1\nextra !!\nindex 0\n\nx'],
    ['extra after the index', 'c2sp.org/tlog-proof@v1\nindex 0\nextra AAAA\n\nx'],
    ['a short hash', 'c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\nx'],
    ['no checkpoint', 'c2sp.org/tlog-proof@v1\nindex 0\n'],
    ['more hashes than any tree has', `c2sp.org/tlog-proof@v1\nindex 0\n${`${Buffer.alloc(32).toString('base64')}\n`.repeat(65)}\nx`],
  ])('%s is refused', (_, proof) => {
    expect(code(() => parseLogProof(proof))).toBe('log_proof_malformed');
  });
});

function code(call: () => unknown): string {
  try {
    call();
    return 'accepted';
  } catch (error) {
    if (error instanceof FormatError || error instanceof TrustError || error instanceof ProofError) return error.code;
    throw error;
  }
}
