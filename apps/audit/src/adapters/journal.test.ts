// SPDX-License-Identifier: Apache-2.0
import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endOf, Journal, readJournal } from './journal.js';
import type { Frame } from './journal-frames.js';

const frame = (first: number, ...texts: string[]): Frame => ({
  first,
  records: texts.map((text, i) => ({ entry: Buffer.from(text), payload: { partition: 1, offset: BigInt(first + i), appendedAt: 1000 + i, value: text === 'gone' ? null : Buffer.from(`value of ${text}`) } })),
});

describe('the journal', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nervus-journal-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('holds what was appended, also across writers', async () => {
    const first = await Journal.open(folder, 1);
    await first.append(frame(0, 'a', 'gone'));
    await first.append(frame(2, 'c'));
    await first.close();
    const second = await Journal.open(folder, 2);
    await second.append(frame(3, 'd'));
    await second.close();
    expect(await readJournal(folder)).toEqual([frame(0, 'a', 'gone'), frame(2, 'c'), frame(3, 'd')]);
  });

  it('a crash in the middle of an append leaves the appends before it, whatever was torn', async () => {
    const journal = await Journal.open(folder, 1);
    await journal.append(frame(0, 'a'));
    await journal.append(frame(1, 'b'));
    await journal.close();
    const [name] = await readdir(folder);
    const whole = await readFile(join(folder, name!));
    for (let cut = whole.length - 1; cut > whole.length / 2; cut--) {
      await truncate(join(folder, name!), cut);
      expect(await readJournal(folder)).toEqual([frame(0, 'a')]);
      await writeFile(join(folder, name!), whole);
    }
    await appendFile(join(folder, name!), Buffer.from([0, 0, 0, 12, 1, 2]));
    expect((await readJournal(folder)).length).toBe(2);
  });

  it('a later writer begins where the log was committed: what the earlier one had beyond is gone', async () => {
    const first = await Journal.open(folder, 1);
    for (const n of [0, 1, 2]) await first.append(frame(n, `old ${n}`));
    await first.close();
    const second = await Journal.open(folder, 2);
    await second.append(frame(1, 'new 1'));
    await second.close();
    expect(await readJournal(folder)).toEqual([frame(0, 'old 0'), frame(1, 'new 1')]);
  });

  it('a missing segment is refused, never bridged', async () => {
    const journal = await Journal.open(folder, 1);
    await journal.append(frame(0, 'a'));
    await journal.close();
    const later = await Journal.open(folder, 2);
    await later.append(frame(5, 'f'));
    await later.close();
    await expect(readJournal(folder)).rejects.toMatchObject({ code: 'journal_broken' });
  });

  it('segments whose entries stand in bundles are removed, and none that is still needed', async () => {
    for (const fence of [1, 2, 3]) {
      const journal = await Journal.open(folder, fence);
      await journal.append(frame((fence - 1) * 10, ...Array.from({ length: 10 }, (_, i) => `e${i}`)));
      await journal.dropBelow(15);
      await journal.close();
    }
    const frames = await readJournal(folder);
    expect([frames[0]?.first, endOf(frames.at(-1)!)]).toEqual([10, 30]);
  });
});
