// SPDX-License-Identifier: Apache-2.0
// Content codings, with the cap on what comes out: a few kilobytes can expand to gigabytes.
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw, zstdDecompress } from 'node:zlib';

type Decoder = (content: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;
const [brotli, gzip, zlib, rawDeflate, zstd]: Decoder[] = [promisify(brotliDecompress), promisify(gunzip), promisify(inflate), promisify(inflateRaw), promisify(zstdDecompress)];

// A zlib stream begins with a byte whose low half is 8; some servers send raw deflate under the same name.
const deflate: Decoder = async (content, options) => (((content[0] ?? 0) & 0x0f) === 8 ? zlib : rawDeflate)?.(content, options) ?? content;

const decoders: Readonly<Record<string, Decoder | undefined>> = { br: brotli, gzip, 'x-gzip': gzip, deflate, zstd, identity: async (content) => content };

/** What can be sent for acceptable codings. */
export const acceptedCodings = 'gzip, deflate, br';

/** Codings one over the other that are still undone. */
const maxCodings = 2;

/** Why content could not be decoded. */
export type DecodingProblem = 'too_large' | 'unsupported' | 'malformed';

/** Undoes the content codings. Gives a problem instead of content when there is one. */
export async function decodeContent(content: Buffer, contentEncoding: string, maxBytes: number): Promise<Buffer | DecodingProblem> {
  const codings = contentEncoding.split(',').map((coding) => coding.trim().toLowerCase()).filter((coding) => coding !== '');
  if (codings.length > maxCodings) return 'unsupported';
  let decoded = content;
  for (const coding of codings.toReversed()) {
    const decoder = Object.hasOwn(decoders, coding) ? decoders[coding] : undefined;
    if (!decoder) return 'unsupported';
    if (decoded.length === 0) break;
    try {
      decoded = await decoder(decoded, { maxOutputLength: Math.max(1, maxBytes) });
    } catch (error) {
      return error instanceof RangeError || (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') ? 'too_large' : 'malformed';
    }
  }
  return decoded.length > maxBytes ? 'too_large' : decoded;
}
