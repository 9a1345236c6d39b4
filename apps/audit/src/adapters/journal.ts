// SPDX-License-Identifier: Apache-2.0
// The journal: every append, flushed before it is committed. Invariant: the file ends behind a whole frame whenever no
// append is running; an append that failed leaves nothing behind. Segments are named by the fencing number of their
// writer, so that two writers never write to one file, and the later one wins where they overlap.
import { type FileHandle, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from './durable-files.js';
import { LogRefused } from './errors.js';
import { decodeFrames, encodeFrame, type Frame } from './journal-frames.js';

/** Bytes from which a new segment is begun. */
const segmentBytes = 64 * 1024 * 1024;

interface Segment {
  readonly path: string;
  readonly fence: number;
  readonly first: number;
}

export class Journal {
  private file: FileHandle | undefined;
  private length = 0;
  private readonly older: Segment[];
  private current: Segment | undefined;

  private constructor(
    private readonly folder: string,
    private readonly fence: number,
    segments: readonly Segment[],
  ) {
    this.older = [...segments];
  }

  /** Opens the journal for a writer with this fencing number; it begins a segment of its own. */
  static async open(folder: string, fence: number): Promise<Journal> {
    await mkdir(folder, { recursive: true });
    return new Journal(folder, fence, await segmentsIn(folder));
  }

  /** Writes and flushes one append. When it fails the journal is as it was before, and the same append may be tried again. */
  async append(frame: Frame): Promise<void> {
    const bytes = encodeFrame(frame);
    if (!this.file || this.length >= segmentBytes) await this.begin(frame.first);
    const file = this.file;
    if (!file) throw new TypeError('the journal has no segment');
    try {
      // A length is never assumed: an earlier append may have failed half-way and could not be taken back then.
      await file.truncate(this.length);
      for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done, bytes.length - done, this.length + done)).bytesWritten;
      await file.datasync();
    } catch (error) {
      await file.truncate(this.length).catch(() => undefined);
      throw error;
    }
    this.length += bytes.length;
  }

  /** Removes segments that hold nothing from this index on: their entries stand in full bundles. */
  async dropBelow(index: number): Promise<void> {
    for (;;) {
      const [oldest, next = this.current] = this.older;
      if (!oldest || !next || next.first > index) return;
      await rm(oldest.path, { force: true });
      this.older.shift();
    }
  }

  async close(): Promise<void> {
    await this.file?.close();
    this.file = undefined;
  }

  private async begin(first: number): Promise<void> {
    const segment: Segment = { path: join(this.folder, `${this.fence}-${first}.journal`), fence: this.fence, first };
    const file = await open(segment.path, 'w', 0o640);
    await syncFolder(this.folder);
    await this.file?.close();
    if (this.current && this.current.path !== segment.path) this.older.push(this.current);
    this.file = file;
    this.current = segment;
    this.length = 0;
  }
}

/**
 * Everything in the journal in the order of the log, as the newest writer has it.
 * @throws LogRefused `journal_broken` when entries between two frames are missing
 */
export async function readJournal(folder: string): Promise<Frame[]> {
  let frames: Frame[] = [];
  for (const { path } of await segmentsIn(folder)) {
    for (const frame of decodeFrames(await readFile(path))) {
      const last = frames.at(-1);
      // A later writer began where the log was committed: what an earlier one had beyond was never acknowledged.
      if (last && frame.first < endOf(last)) frames = frames.filter(({ first }) => first < frame.first);
      const before = frames.at(-1);
      if (before && endOf(before) !== frame.first) throw new LogRefused('journal_broken', `the journal goes from entry ${endOf(before)} to ${frame.first}: a segment is missing or damaged`, { folder });
      frames.push(frame);
    }
  }
  return frames;
}

/** The highest fencing number that a segment was written under; 0 for an empty journal. */
export async function newestFence(folder: string): Promise<number> {
  return Math.max(0, ...(await segmentsIn(folder)).map(({ fence }) => fence));
}

/** Index behind the last entry of a frame. */
export const endOf = ({ first, records }: Frame): number => first + records.length;

async function segmentsIn(folder: string): Promise<Segment[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? [] : Promise.reject(error)));
  const segments = names.flatMap((name) => {
    const match = /^(\d{1,16})-(\d{1,16})\.journal$/.exec(name);
    return match ? [{ path: join(folder, name), fence: Number(match[1]), first: Number(match[2]) }] : [];
  });
  return segments.toSorted((a, b) => a.fence - b.fence || a.first - b.first);
}
