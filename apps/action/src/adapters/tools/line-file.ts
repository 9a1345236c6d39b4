// SPDX-License-Identifier: Apache-2.0
// A file of JSON lines that several processes append to. Invariants: a batch of lines is one write at the end of the
// file, so lines of two processes never mix; a line counts when it is whole, ends in a newline and is on the disk; what
// a crash left unfinished is closed by a newline before the next batch and is no line. So an empty line may stand where a
// process met another one's write half way; readers pass over it, as they do over what is not whole.
import { constants, type FileHandle, mkdir, open, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDONLY, O_RDWR } = constants;
const newline = 0x0a;
const chunkBytes = 64 * 1024;

interface Waiting {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What is known of appending that failed: whether any byte of it may be in the file. */
export class AppendFailed extends Error {
  override readonly name = 'AppendFailed';
  constructor(
    message: string,
    readonly begun: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export class LineFile {
  private waiting: Waiting[] = [];
  private flushing = false;

  constructor(readonly path: string) {}

  /** Resolves when the line is on the disk. Lines that come while one batch is written make the next. @throws AppendFailed */
  append(line: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ line, resolve, reject });
      if (!this.flushing) void this.flush();
    });
  }

  /** Whether a whole line for which `matches` holds is there; looks from the end back to the first line that `isOlder`. */
  async holds(matches: (line: unknown) => boolean, isOlder: (line: unknown) => boolean): Promise<boolean> {
    let file: FileHandle;
    try {
      file = await open(this.path, O_RDONLY | O_NOFOLLOW);
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
    try {
      for await (const line of linesFromEnd(file)) {
        const value = parsed(line);
        if (matches(value)) return true;
        if (isOlder(value)) return false;
      }
      return false;
    } finally {
      await file.close();
    }
  }

  private async flush(): Promise<void> {
    this.flushing = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      try {
        await this.write(batch.map(({ line }) => `${line}\n`).join(''));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.flushing = false;
  }

  private async write(lines: string): Promise<void> {
    let begun = false;
    let file: FileHandle | undefined;
    try {
      file = await this.openForAppending();
      const bytes = Buffer.from((await endsInNewline(file)) ? lines : `\n${lines}`);
      begun = true;
      const { bytesWritten } = await file.write(bytes);
      if (bytesWritten < bytes.length) throw new Error(`only ${bytesWritten} of ${bytes.length} bytes were written`);
      await file.datasync();
    } catch (cause) {
      throw new AppendFailed(`${this.path} could not be appended to: ${cause instanceof Error ? cause.message : String(cause)}`, begun && !tookNothing(cause), { cause });
    } finally {
      await file?.close();
    }
  }

  private async openForAppending(): Promise<FileHandle> {
    const flags = O_RDWR | O_APPEND | O_NOFOLLOW;
    try {
      return await open(this.path, flags);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    const file = await open(this.path, flags | O_CREAT, 0o640);
    // The name is on the disk only when its folder is.
    const folder = await open(dirname(this.path), O_RDONLY);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
    return file;
  }
}

/**
 * A folder below a root, made when it is not there.
 * @throws Error when a link leads elsewhere
 */
export async function folderBelow(root: string, name: string): Promise<string> {
  await mkdir(join(root, name), { recursive: true, mode: 0o750 });
  const expected = join(await realpath(root), name);
  const real = await realpath(join(root, name));
  if (real !== expected) throw new Error(`${join(root, name)} leads to ${real}: expected a folder and no link`);
  return real;
}

async function endsInNewline(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return true;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === newline;
}

/** Whole lines of a file, the last one first. What stands behind the last newline is not a line. */
async function* linesFromEnd(file: FileHandle): AsyncGenerator<string> {
  let end = (await file.stat()).size;
  let tail = Buffer.alloc(0);
  let atEnd = true;
  while (end > 0) {
    const start = Math.max(0, end - chunkBytes);
    const { buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
    let rest = Buffer.concat([buffer, tail]);
    for (let at = rest.lastIndexOf(newline); at >= 0; at = rest.lastIndexOf(newline)) {
      if (!atEnd && at + 1 < rest.length) yield rest.toString('utf8', at + 1);
      atEnd = false;
      rest = rest.subarray(0, at);
    }
    tail = rest;
    end = start;
  }
  if (!atEnd && tail.length > 0) yield tail.toString('utf8');
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const codeOf = (error: unknown): unknown => (typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined);
const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT';
/** Errors of `write` itself, which then wrote nothing. */
const tookNothing = (error: unknown): boolean => ['ENOSPC', 'EDQUOT', 'EROFS', 'EFBIG'].includes(String(codeOf(error)));
