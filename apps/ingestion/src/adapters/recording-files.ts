// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream, realpathSync, statSync } from 'node:fs';
import { resolve, sep } from 'node:path';

/** One line of a recording, and where the next begins. */
export interface RecordedLine {
  readonly bytes: Buffer;
  readonly next: number;
}

/** Longest line that is read; a longer one could become no signal. */
const longestLine = 512 * 1024;
const newline = 0x0a;

/** Recorded feeds: NDJSON files below one folder. Links that lead out of it are refused. */
export class RecordingFiles {
  private readonly hashes = new Map<string, Promise<string>>();

  constructor(private readonly folder: string) {}

  /** Path of a recording. @throws Error when it is not a file below the folder */
  find(file: string): string {
    const root = realpathSync(this.folder);
    let path: string;
    try {
      path = realpathSync(resolve(root, file));
    } catch (error) {
      throw new Error(`the recording "${file}" is not below ${root}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
    if (!path.startsWith(root + sep) || !statSync(path).isFile()) throw new Error(`the recording "${file}" is not a file below ${root}`);
    return path;
  }

  /** base64url SHA-256 of a recording, which does not change while the process runs. */
  hashOf(file: string): Promise<string> {
    let hash = this.hashes.get(file);
    if (!hash) {
      hash = hashOfFile(this.find(file));
      this.hashes.set(file, hash);
      void hash.catch(() => this.hashes.delete(file));
    }
    return hash;
  }

  /** Up to so many lines from a position on; fewer mean that the end was reached. @throws Error on a line that is too long */
  async linesFrom(file: string, position: number, most: number): Promise<readonly RecordedLine[]> {
    const lines: RecordedLine[] = [];
    let rest: Buffer = Buffer.alloc(0);
    let at = position;
    for await (const chunk of createReadStream(this.find(file), { start: position }) as AsyncIterable<Buffer>) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      for (let end = rest.indexOf(newline); end >= 0 && lines.length < most; end = rest.indexOf(newline)) {
        at += end + 1;
        lines.push({ bytes: rest.subarray(0, end), next: at });
        rest = rest.subarray(end + 1);
      }
      if (lines.length === most) return lines;
      if (rest.length > longestLine) throw new Error(`the recording "${file}" has a line of more than ${longestLine} bytes at byte ${at}`);
    }
    if (rest.length > 0) lines.push({ bytes: rest, next: at + rest.length });
    return lines;
  }
}

async function hashOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('base64url');
}
