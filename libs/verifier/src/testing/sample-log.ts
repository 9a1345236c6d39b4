// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { bundlePath, encodeBundle, encodeTile, hashLeaf, type LogPolicy, noteSigner, parsePolicy, signCheckpoint, signNote, TileBuilder, tilePath, tileWidth } from '@nervus/transparency-log';
import { entryBytes } from '@nervus/trust';
import type { LogReader } from '../log/log-reader.js';
import { coordinatesText, encodePayloadBundle, payloadPath } from '../log/payload-bundle.js';
import type { SampleRecord } from './sample-mesh.js';

export const sampleOrigin = 'log.nervus.local';

/** A log in memory, file by file, so that a test can alter it. */
export class SampleLog implements LogReader {
  private readonly privateKey = generateKeyPairSync('ed25519').privateKey;
  readonly signer = noteSigner(sampleOrigin, this.privateKey);
  readonly policyText = `log ${this.signer.verifierKey}\nquorum none\n`;
  readonly policy: LogPolicy = parsePolicy(this.policyText);
  readonly files = new Map<string, Uint8Array>();
  private readonly builder = TileBuilder.empty();
  readonly records: SampleRecord[] = [];

  /** Appends, writes all files and signs a checkpoint over them. */
  async append(records: readonly SampleRecord[]): Promise<void> {
    for (const record of records) {
      this.records.push(record);
      this.builder.append(hashLeaf(entryBytes(record.entry)));
    }
    for (const tile of [...this.builder.takeFull(), ...this.builder.partials()]) this.files.set(tilePath(tile), encodeTile(tile.hashes));
    for (let bundle = 0; bundle * tileWidth < this.records.length; bundle++) {
      const inIt = this.records.slice(bundle * tileWidth, (bundle + 1) * tileWidth);
      this.files.set(bundlePath(bundle, inIt.length), encodeBundle(inIt.map(({ entry }) => entryBytes(entry))));
      const payloads = inIt.map(({ payload }) => payload);
      this.files.set(payloadPath(bundle, inIt.length), encodePayloadBundle({ note: await signNote(coordinatesText(sampleOrigin, bundle, payloads), [this.signer]), payloads }));
    }
    const note = Buffer.from(await signCheckpoint({ origin: sampleOrigin, size: this.builder.size, root: this.builder.frontier().root() }, [this.signer]));
    this.files.set('checkpoint', note);
    this.files.set(`checkpoints/${this.builder.size}`, note);
  }

  read(path: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.files.get(path));
  }

  archivedCheckpoints(): Promise<number[]> {
    return Promise.resolve([...this.files.keys()].filter((path) => path.startsWith('checkpoints/')).map((path) => Number(path.slice('checkpoints/'.length))).toSorted((a, b) => a - b));
  }

  /** An independent copy of the files. */
  copy(): SampleLog {
    const copy = Object.create(SampleLog.prototype) as SampleLog;
    return Object.assign(copy, this, { files: new Map([...this.files].map(([path, bytes]) => [path, Uint8Array.from(bytes)])) });
  }
}
