// SPDX-License-Identifier: Apache-2.0
// The log as others read it: bundles, tiles and payloads in files, all derived from the journal. Full ones are created
// once and never change; the partial ones at the right edge are written for each checkpoint.
// Invariant: files are written one after the other in the order of the log, and a checkpoint only after all that it needs.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bundlePath, encodeBundle, encodeTile, type NoteSigner, signNote, TileBuilder, tilePath, tileWidth } from '@nervus/transparency-log';
import { coordinatesText, encodePayloadBundle, payloadPath } from '@nervus/verifier';
import { createOnce, replaceFile } from './durable-files.js';
import type { JournalRecord } from './journal-frames.js';

/** An entry as it goes into the files. */
export interface LoggedEntry extends JournalRecord {
  readonly leafHash: Uint8Array;
}

/** Checkpoints whose partial files are kept, so that who began to read under one can finish. */
const keptPartials = 60;

interface FileToWrite {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The log at one size. */
export interface Snapshot {
  readonly size: number;
  readonly root: Uint8Array;
  /** The partial tiles, and the entries of the bundle that is not full. */
  readonly tiles: readonly FileToWrite[];
  readonly open: readonly JournalRecord[];
}

export interface LogFilesOptions {
  readonly folder: string;
  /** Signs where and when the records of a bundle were read. */
  readonly signer: NoteSigner;
  /** Waits before a write that failed is tried again. */
  readonly pause: () => Promise<void>;
  /** Told of a write that failed, and with undefined when one succeeded again. */
  readonly onProblem: (error: Error | undefined) => void;
  /** All entries below this index are in full bundles on the disk. */
  readonly onBundled: (index: number) => Promise<void>;
}

export class LogFiles {
  private readonly builder = TileBuilder.empty();
  /** Entries of the bundle that is not full. */
  private open: JournalRecord[] = [];
  private writing: Promise<void> = Promise.resolve();
  private readonly partials: string[][] = [];
  private failure: Error | undefined;

  constructor(private readonly options: LogFilesOptions) {}

  /** Entries that were added. */
  get size(): number {
    return this.builder.size;
  }

  /** Root over the entries that were added. */
  root(): Uint8Array {
    return this.builder.frontier().root();
  }

  /** Adds entries; bundles and tiles that become full are written in the background. */
  add(entries: readonly LoggedEntry[]): void {
    for (const { entry, payload, leafHash } of entries) {
      this.open.push({ entry, payload });
      this.builder.append(leafHash);
      if (this.open.length < tileWidth) continue;
      const end = this.builder.size;
      const bundle = end / tileWidth - 1;
      const records = this.open;
      const tiles = this.builder.takeFull().map((tile) => ({ path: tilePath(tile), bytes: encodeTile(tile.hashes) }));
      this.open = [];
      void this.enqueue(async () => {
        for (const file of [...(await this.bundleFiles(bundle, records)), ...tiles]) await this.untilWritten(() => createOnce(join(this.options.folder, file.path), file.bytes));
        await this.options.onBundled(end);
      });
    }
  }

  /** The log as it is now: what a checkpoint over it says, and the partial files that it needs. */
  snapshot(): Snapshot {
    const size = this.builder.size;
    const tiles = this.builder.partials().map((tile) => ({ path: tilePath(tile), bytes: encodeTile(tile.hashes) }));
    return { size, root: this.root(), tiles, open: [...this.open] };
  }

  /** Writes the partial files of a snapshot. */
  writePartials({ size, tiles, open }: Snapshot): Promise<void> {
    return this.enqueue(async () => {
      const files = [...tiles, ...(open.length > 0 ? await this.bundleFiles(Math.floor(size / tileWidth), open) : [])];
      for (const { path, bytes } of files) await this.untilWritten(() => createOnce(join(this.options.folder, path), bytes));
      await this.forgetPartials(files.map(({ path }) => path));
    });
  }

  /**
   * Publishes a checkpoint: first the partial files that it needs, then the note.
   * @param archive whether to keep this checkpoint below `checkpoints/` as well
   */
  async publish(snapshot: Snapshot, note: Uint8Array, archive: boolean): Promise<void> {
    const { size } = snapshot;
    const written = this.writePartials(snapshot);
    await this.enqueue(async () => {
      await written;
      if (archive) await this.untilWritten(() => createOnce(join(this.options.folder, 'checkpoints', String(size)), note));
      await this.untilWritten(() => replaceFile(join(this.options.folder, 'checkpoint'), note));
    });
  }

  /** Resolves when everything added so far is on the disk. @throws what stopped the writing for good */
  async settled(): Promise<void> {
    await this.writing.catch(() => undefined);
    if (this.failure) throw this.failure;
  }

  private enqueue(write: () => Promise<void>): Promise<void> {
    const writing = this.after(this.writing, write);
    // Whoever awaits it hears of it; nobody has to.
    writing.catch((error: Error) => (this.failure ??= error));
    this.writing = writing;
    return writing;
  }

  private async after(before: Promise<void>, write: () => Promise<void>): Promise<void> {
    await before.catch(() => undefined);
    if (this.failure) throw this.failure;
    await write();
  }

  /** A full disk is waited for: entries are safe in the journal. A file with other bytes is not. */
  private async untilWritten(write: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await write();
        this.options.onProblem(undefined);
        return;
      } catch (error) {
        const thrown = error instanceof Error ? error : new Error(String(error));
        this.options.onProblem(thrown);
        if ('retryable' in thrown && thrown.retryable === false) throw thrown;
        await this.options.pause();
      }
    }
  }

  private async forgetPartials(newest: string[]): Promise<void> {
    this.partials.push(newest);
    if (this.partials.length <= keptPartials) return;
    const stillUsed = new Set(this.partials.slice(1).flat());
    for (const path of this.partials.shift() ?? []) if (!stillUsed.has(path)) await rm(join(this.options.folder, path), { force: true });
  }

  private async bundleFiles(bundle: number, records: readonly JournalRecord[]): Promise<FileToWrite[]> {
    const { signer } = this.options;
    const payloads = records.map(({ payload }) => payload);
    const note = await signNote(coordinatesText(signer.name, bundle, payloads), [signer]);
    return [
      { path: bundlePath(bundle, records.length), bytes: encodeBundle(records.map(({ entry }) => entry)) },
      { path: payloadPath(bundle, records.length), bytes: encodePayloadBundle({ note, payloads }) },
    ];
  }
}
