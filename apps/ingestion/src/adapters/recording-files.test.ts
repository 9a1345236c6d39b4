// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RecordingFiles } from './recording-files.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'recordings-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('lines of a recording', () => {
  it('read in pieces are the lines read at once, whatever their length', async () => {
    const lines = ['{"a":1}', '', 'ü'.repeat(40_000), '{"b":"\\n"}', 'x'.repeat(200_000), 'last, without a newline'];
    writeFileSync(join(root, 'a.ndjson'), lines.join('\n'));
    const files = new RecordingFiles(root);
    const read: string[] = [];
    for (let position = 0; ; ) {
      const some = await files.linesFrom('a.ndjson', position, 2);
      read.push(...some.map(({ bytes }) => bytes.toString()));
      position = some.at(-1)?.next ?? position;
      if (some.length < 2) break;
    }
    expect(read).toEqual(lines);
  });

  it('a line without end is refused, not read into memory', async () => {
    writeFileSync(join(root, 'b.ndjson'), 'x'.repeat(600 * 1024));
    await expect(new RecordingFiles(root).linesFrom('b.ndjson', 0, 1)).rejects.toThrow(/a line of more than/);
  });
});
