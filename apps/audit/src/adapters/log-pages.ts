// SPDX-License-Identifier: Apache-2.0
// What the log shows to the world, by path: what is signed and immutable, and proofs computed from it. Proofs are made
// for the newest checkpoint, never for what is not signed yet.
import { parseCheckpoint, parseLogPath, parseNote, proveConsistency, proveInclusion, ProofError, readTile, TileMissingError, tileIn, tileWidth } from '@nervus/transparency-log';
import { base64url } from '@nervus/trust';
import type { LogFolder } from '@nervus/verifier';

/** One answer. */
export interface Page {
  readonly body: Buffer;
  readonly type: 'text/plain; charset=utf-8' | 'application/octet-stream' | 'application/json';
  readonly cache: string;
  /** Holds keys and headers of records: for auditors, not for everybody. */
  readonly content: boolean;
}

const immutable = 'public, max-age=31536000, immutable';
const oneSecond = 'public, max-age=1';

export class LogPages {
  constructor(
    private readonly folder: LogFolder,
    private readonly verifierKey: string,
  ) {}

  /** The page under a path, without leading slash; undefined when there is none. */
  async at(path: string): Promise<Page | undefined> {
    if (path === 'keys') return text(Buffer.from(`${this.verifierKey}\n`), 'public, max-age=60');
    if (path === 'checkpoint') return textOrNothing(await this.folder.read('checkpoint'), oneSecond);
    if (/^checkpoints\/(?:0|[1-9]\d{0,15})$/.test(path)) return textOrNothing(await this.folder.read(path), immutable);
    const resource = parseLogPath(path);
    if (resource) {
      const body = await this.folder.read(path);
      return body && { body, type: 'application/octet-stream', cache: immutable, content: resource.kind === 'bundle' };
    }
    const [, kind, first, second] = /^proof\/(index|consistency)\/(0|[1-9]\d{0,15})(?:\/(0|[1-9]\d{0,15}))?$/.exec(path) ?? [];
    if (kind === 'index' && second === undefined) return this.inclusion(Number(first));
    if (kind === 'consistency' && second !== undefined) return this.consistency(Number(first), Number(second));
    return undefined;
  }

  private async inclusion(index: number): Promise<Page | undefined> {
    const checkpoint = await this.folder.read('checkpoint');
    if (!checkpoint) return undefined;
    const { size } = parseCheckpoint(parseNote(checkpoint).text);
    return proof(async () => {
      const tile = tileIn(size, 0, Math.floor(index / tileWidth));
      const leaf = tile && (await readTile(this.folder, tile))[index % tileWidth];
      return { index, size, leaf: leaf && base64url(leaf), path: (await proveInclusion(this.folder, index, size)).map(base64url), checkpoint: checkpoint.toString('utf8') };
    });
  }

  private async consistency(from: number, to: number): Promise<Page | undefined> {
    const checkpoint = await this.folder.read('checkpoint');
    if (!checkpoint || to > parseCheckpoint(parseNote(checkpoint).text).size) return undefined;
    return proof(async () => ({ from, to, path: (await proveConsistency(this.folder, from, to)).map(base64url) }));
  }
}

async function proof(make: () => Promise<object>): Promise<Page | undefined> {
  try {
    return { body: Buffer.from(JSON.stringify(await make())), type: 'application/json', cache: oneSecond, content: false };
  } catch (error) {
    if (error instanceof ProofError || error instanceof TileMissingError) return undefined;
    throw error;
  }
}

const text = (body: Buffer, cache: string): Page => ({ body, type: 'text/plain; charset=utf-8', cache, content: false });
const textOrNothing = (body: Buffer | undefined, cache: string): Page | undefined => body && text(body, cache);
