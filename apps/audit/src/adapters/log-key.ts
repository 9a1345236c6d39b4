// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { noteSigner, type NoteSigner } from '@nervus/transparency-log';
import { createOnce, hasCode, replaceFile } from './durable-files.js';
import { LogRefused } from './errors.js';

/** The long-lived key of the log, and what verifiers need to know of it. */
export interface LogKey {
  readonly signer: NoteSigner;
  /** Policy file (c2sp.org/tlog-policy) that trusts this key alone. */
  readonly policy: string;
}

/** Text of a policy that asks for one log's signature and no witness. */
export const policyFor = (verifierKey: string): string => `log ${verifierKey}\nquorum none\n`;

/**
 * Reads the log's Ed25519 key, or makes it at the very first start, in a file that only its owner may read. The policy
 * for verifiers is written beside it, and not into the log: trust comes from outside of what it is about.
 * @param origin the log's name, which is also the key's
 * @throws LogRefused `log_key_unusable`
 */
export async function openLogKey(folder: string, origin: string): Promise<LogKey> {
  const path = join(folder, 'log.key');
  const signer = noteSigner(origin, await privateKeyIn(path));
  const policy = policyFor(signer.verifierKey);
  await replaceFile(join(folder, 'log-policy'), Buffer.from(policy));
  return { signer, policy };
}

async function privateKeyIn(path: string): Promise<KeyObject> {
  const pem = await readFile(path).catch((error: unknown) => (hasCode(error, 'ENOENT') ? undefined : Promise.reject(error as Error)));
  if (!pem) {
    const { privateKey } = generateKeyPairSync('ed25519');
    await createOnce(path, Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })), 0o600);
    return privateKey;
  }
  if (((await stat(path)).mode & 0o077) !== 0) throw new LogRefused('log_key_unusable', `${path} may be read by others than its owner: give it mode 0600, and if somebody else was on this machine replace the key`, { path });
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (cause) {
    throw new LogRefused('log_key_unusable', `${path} holds no private key`, { path }, { cause });
  }
  throw new LogRefused('log_key_unusable', `${path} holds a key of another kind, expected Ed25519`, { path });
}
