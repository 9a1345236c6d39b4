// SPDX-License-Identifier: Apache-2.0
import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { secretOf, type SignedAuth } from '@nervus/sources';

/** A file as one source reads it: schemes write their secrets differently. */
interface SecretFile {
  readonly auth: SignedAuth;
  readonly file: string;
  /** Absent while it could not be read yet. */
  readonly secret?: KeyObject;
}

/** Keys of signed sources, from mounted files. Their content is never in a message. */
export class SecretFiles {
  private readonly byFile = new Map<string, SecretFile>();

  /** @param folder empty where no source is signed */
  constructor(private readonly folder: string) {}

  /** Reads a file again. @throws Error saying what is wrong with it */
  load(auth: SignedAuth, file: string): void {
    if (this.folder === '') throw new Error(`the secret file "${file}" is named, but no secrets folder is configured`);
    let text: string;
    try {
      text = readFileSync(join(this.folder, file), 'utf8');
    } catch (error) {
      throw new Error(`the secret file "${file}" cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
    try {
      this.byFile.set(keyOf(auth, file), { auth, file, secret: secretOf(auth, text) });
    } catch (error) {
      throw new Error(`the secret file "${file}" cannot be used: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }

  /** Reads the files of a source that stands; what cannot be read now is tried again at each reload. */
  want(auth: SignedAuth): readonly Error[] {
    return auth.secretFiles.flatMap((file) => {
      const key = keyOf(auth, file);
      if (!this.byFile.has(key)) this.byFile.set(key, { auth, file });
      return this.tryToLoad(auth, file);
    });
  }

  /** The live secrets of a source. */
  of(auth: SignedAuth): readonly KeyObject[] {
    return auth.secretFiles.flatMap((file) => this.byFile.get(keyOf(auth, file))?.secret ?? []);
  }

  /** Reads all files again, since a mounted secret may be replaced. Returns what went wrong; what was read before stays. */
  reload(): readonly Error[] {
    return [...this.byFile.values()].flatMap(({ auth, file }) => this.tryToLoad(auth, file));
  }

  /** What keeps a source from being authenticated; empty when every file can be read. */
  faultsOf(auth: SignedAuth): readonly Error[] {
    return auth.secretFiles.flatMap((file) => this.tryToLoad(auth, file));
  }

  private tryToLoad(auth: SignedAuth, file: string): readonly Error[] {
    try {
      this.load(auth, file);
      return [];
    } catch (error) {
      return [error instanceof Error ? error : new Error(String(error))];
    }
  }
}

const keyOf = (auth: SignedAuth, file: string): string => `${auth.kind}/${auth.kind === 'hmac' ? auth.secretEncoding : ''}/${file}`;
