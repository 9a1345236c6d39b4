// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalKind } from './choice.js';
import { InfrastructureError } from './errors.js';

/** What a data folder was made for: its data fit nothing else. */
export interface FolderUse {
  readonly kind: LocalKind;
  readonly brokers: number;
  /** Brokers with access rules, whatever the way of authentication. */
  readonly secure: boolean;
}

const fileOf = (dataDir: string): string => join(dataDir, 'started-with');

/** How this data folder was last used: the data of the other kind lies elsewhere. */
export function previousUse(dataDir: string): FolderUse | undefined {
  try {
    const [kind, brokers = '1', secure] = readFileSync(fileOf(dataDir), 'utf8').trim().split(' ');
    return kind === 'docker' || kind === 'java' ? { kind, brokers: Number(brokers), secure: secure === 'secure' } : undefined;
  } catch {
    return undefined;
  }
}

export function rememberUse(dataDir: string, { kind, brokers, secure }: FolderUse): void {
  writeFileSync(fileOf(dataDir), `${[kind, ...(brokers > 1 || secure ? [brokers] : []), ...(secure ? ['secure'] : [])].join(' ')}\n`);
}

/** @throws InfrastructureError `data_folder_of_another_profile` */
export function requireSameUse(dataDir: string, previous: FolderUse | undefined, wanted: Omit<FolderUse, 'kind'>): void {
  if (!previous || (previous.brokers === wanted.brokers && previous.secure === wanted.secure)) return;
  throw new InfrastructureError('data_folder_of_another_profile', `The data folder ${dataDir} holds the data of ${inWords(previous)}, and ${inWords(wanted)} ${wanted.brokers === 1 ? 'was' : 'were'} asked for. Start it as it was made, use another data folder, or remove this one to begin afresh`, { previous, wanted });
}

/** `one plain broker`, `3 secure brokers`. */
export const inWords = ({ brokers, secure }: Omit<FolderUse, 'kind'>): string => `${brokers === 1 ? 'one' : brokers} ${secure ? 'secure' : 'plain'} broker${brokers === 1 ? '' : 's'}`;
