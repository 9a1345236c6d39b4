// SPDX-License-Identifier: Apache-2.0
// Which logs and which witnesses make a checkpoint believable: c2sp.org/tlog-policy.
import { decodeUtf8, hex } from './bytes.js';
import { openCheckpoint } from './checkpoint.js';
import type { OpenedCheckpoint } from './checkpoint.js';
import { FormatError, TrustError } from './errors.js';
import { cosignatureTime, noteVerifier, signatureTypes } from './note-keys.js';
import type { NoteVerifier, SignatureType } from './note-keys.js';

/** Names a key of the policy; the URL says where to talk to it and is not used for verification. */
export interface PolicyKey {
  readonly verifier: NoteVerifier;
  readonly url?: string;
}

/** Counts as having witnessed when at least `threshold` of its members have. */
export interface WitnessGroup {
  readonly threshold: number;
  readonly members: readonly string[];
}

/** A policy file taken apart. Witnesses and groups share one space of names. */
export interface LogPolicy {
  readonly logs: readonly PolicyKey[];
  readonly witnesses: ReadonlyMap<string, PolicyKey>;
  readonly groups: ReadonlyMap<string, WitnessGroup>;
  /** A witness, a group, or `none`. */
  readonly quorum: string;
}

/** A checkpoint that satisfies a policy. */
export interface WitnessedCheckpoint extends OpenedCheckpoint {
  /** The witnesses whose cosignatures verified, by their names in the policy, with the newest time each stated. */
  readonly witnesses: ReadonlyMap<string, { readonly unixSeconds: number }>;
}

/** Reads a policy file. @throws FormatError `policy_malformed` with `details.line` */
export function parsePolicy(file: string | Uint8Array): LogPolicy {
  const text = typeof file === 'string' ? file : decodeUtf8(file);
  if (text === undefined) throw malformed(0, 'the file is not valid UTF-8');
  const logs: PolicyKey[] = [];
  const witnesses = new Map<string, PolicyKey>();
  const groups = new Map<string, WitnessGroup>();
  const used = new Set<string>();
  let quorum: string | undefined;
  const lines = text.split('\n');
  for (const [at, line] of lines.entries()) {
    const wrong = (why: string) => malformed(at + 1, why);
    if (/[^\t\u0020-\u007e\u0080-\u{10ffff}]/u.test(line)) throw wrong('it holds a control character');
    const [keyword, ...words] = line.split(/[ \t]+/).filter((word) => word !== '');
    if (keyword === undefined || keyword.startsWith('#')) continue;
    const define = (name: string | undefined): string => {
      if (name === undefined || name === 'none') throw wrong(`${keyword} needs a name other than "none"`);
      if (witnesses.has(name) || groups.has(name)) throw wrong(`"${name}" is defined twice`);
      return name;
    };
    const known = (name: string): boolean => witnesses.has(name) || groups.has(name);
    if (keyword === 'log') {
      logs.push(policyKey(words, signatureTypes.ed25519, logs, wrong));
    } else if (keyword === 'witness') {
      const name = define(words[0]);
      witnesses.set(name, policyKey(words.slice(1), signatureTypes.cosignature, [...witnesses.values()], wrong));
    } else if (keyword === 'group') {
      const name = define(words[0]);
      const members = words.slice(2);
      for (const member of members) {
        if (!known(member)) throw wrong(`"${member}" is not defined on an earlier line`);
        if (used.has(member)) throw wrong(`"${member}" is already a member of a group`);
        used.add(member);
      }
      groups.set(name, { threshold: threshold(words[1] ?? '', members.length, wrong), members });
    } else if (keyword === 'quorum') {
      const [name, ...more] = words;
      if (quorum !== undefined) throw wrong('there is more than one quorum line');
      if (name === undefined || more.length > 0 || !(name === 'none' || known(name))) throw wrong('quorum needs "none" or the name of a witness or group defined on an earlier line');
      quorum = name;
    } else {
      throw wrong(`"${keyword}" is unknown: expected log, witness, group or quorum`);
    }
  }
  if (quorum === undefined) throw malformed(lines.length, 'the quorum line is missing');
  return { logs, witnesses, groups, quorum };
}

/**
 * Verifies a checkpoint by a policy: signed by one of its logs, cosigned by its quorum.
 * @throws FormatError, or TrustError `note_untrusted`, `note_bad_signature`, `checkpoint_origin`, `quorum_missing`
 */
export function checkPolicy(note: string | Uint8Array, policy: LogPolicy): WitnessedCheckpoint {
  const opened = openCheckpoint(note, [...policy.logs, ...policy.witnesses.values()].map(({ verifier }) => verifier));
  const witnesses = new Map<string, { unixSeconds: number }>();
  for (const [name, { verifier }] of policy.witnesses) {
    const times = opened.note.verified.filter((signed) => signed.verifier === verifier).map(({ signature }) => cosignatureTime(signature));
    if (times.length > 0) witnesses.set(name, { unixSeconds: Math.max(...times) });
  }
  const witnessed = (name: string): boolean => {
    const group = policy.groups.get(name);
    return group ? group.members.filter(witnessed).length >= group.threshold : witnesses.has(name);
  };
  if (policy.quorum !== 'none' && !witnessed(policy.quorum)) {
    throw new TrustError('quorum_missing', `the quorum "${policy.quorum}" did not witness the checkpoint: only ${[...witnesses.keys()].join(', ') || 'nobody'} did`, { quorum: policy.quorum, witnesses: [...witnesses.keys()] });
  }
  return { ...opened, witnesses };
}

function policyKey([vkey, url, ...more]: readonly string[], type: SignatureType, others: readonly PolicyKey[], wrong: (why: string) => FormatError): PolicyKey {
  if (vkey === undefined || more.length > 0) throw wrong('expected a verifier key and at most one URL');
  let verifier: NoteVerifier;
  try {
    verifier = noteVerifier(vkey);
  } catch (error) {
    if (error instanceof FormatError) throw wrong(error.message);
    throw error;
  }
  if (verifier.type !== type) throw wrong(`the verifier key has the signature type ${verifier.type}, expected ${type}`);
  if (others.some((other) => hex(other.verifier.publicKey) === hex(verifier.publicKey))) throw wrong('the same public key is listed twice');
  return { verifier, ...(url === undefined ? {} : { url }) };
}

function threshold(word: string, members: number, wrong: (why: string) => FormatError): number {
  if (members === 0) throw wrong('a group needs at least one member');
  if (word === 'all') return members;
  if (word === 'any') return 1;
  const count = /^[1-9][0-9]{0,5}$/.test(word) ? Number(word) : 0;
  if (count < 1 || count > members) throw wrong(`"${word}" is not a threshold: expected all, any or a number from 1 to ${members}`);
  return count;
}

function malformed(line: number, why: string): FormatError {
  return new FormatError('policy_malformed', `this is not a log policy: line ${line}: ${why}`, { line });
}
