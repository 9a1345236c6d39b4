// SPDX-License-Identifier: Apache-2.0
import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSecret } from '@nervus/sources';

/** Shortest secret that is taken, in bytes, as Standard Webhooks has it. */
const shortest = 24;

/** Keys of signed sources, from mounted files. Their content is never in a message. */
export class SecretFiles {
  private readonly byFile = new Map<string, KeyObject>();

  /** @param folder empty where no source is signed */
  constructor(private readonly folder: string) {}

  /** Reads a file again. @throws Error saying what is wrong with it */
  load(file: string): void {
    if (this.folder === '') throw new Error(`the secret file "${file}" is named, but no secrets folder is configured`);
    let text: string;
    try {
      text = readFileSync(join(this.folder, file), 'utf8');
    } catch (error) {
      throw new Error(`the secret file "${file}" cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
    const secret = parseSecret(text);
    const bytes = secret.symmetricKeySize ?? 0;
    if (bytes < shortest) throw new Error(`the secret file "${file}" holds ${bytes} bytes, at least ${shortest} are needed`);
    this.byFile.set(file, secret);
  }

  /** The live secrets of a source. */
  of(files: readonly string[]): readonly KeyObject[] {
    return files.flatMap((file) => this.byFile.get(file) ?? []);
  }

  /** Reads all files again, since a mounted secret may be replaced. Returns what went wrong; what was read before stays. */
  reload(): readonly Error[] {
    return [...this.byFile.keys()].flatMap((file) => {
      try {
        this.load(file);
        return [];
      } catch (error) {
        return [error instanceof Error ? error : new Error(String(error))];
      }
    });
  }
}
