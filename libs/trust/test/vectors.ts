// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { type PrivateJwk, WorkloadKey } from '../src/workload-key.js';

/** A file of committed vectors. */
export const vectors = <T>(name: string): T => JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')) as T;

type KeyName = 'root' | 'identity' | 'approval' | 'action' | 'decryption';

const { keys } = vectors<{ keys: Record<KeyName, { kid: string; jwk: PrivateJwk }> }>('keys');

export const privateJwk = (name: KeyName): PrivateJwk => keys[name].jwk;
export const vectorKid = (name: KeyName): string => keys[name].kid;
export const vectorKey = (name: KeyName): WorkloadKey => WorkloadKey.fromPrivateJwk(keys[name].jwk);
