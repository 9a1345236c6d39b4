// SPDX-License-Identifier: Apache-2.0
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { neededBytes, requireDiskSpace } from './disk-space.js';

it('refuses a start that would fill the disk, with how much is free and where', async () => {
  await expect(requireDiskSpace('/data', 'the data folder', neededBytes, async () => 12 * 1024 * 1024)).rejects.toMatchObject({ code: 'disk_full', message: expect.stringMatching(/data folder at \/data needs 300 MB and 12 MB are free/) });
  await expect(requireDiskSpace('/data', 'the data folder', 3 * neededBytes, async () => neededBytes)).rejects.toMatchObject({ message: expect.stringContaining('needs 900 MB') });
});

it('is content with just enough', () => expect(requireDiskSpace('/data', 'the data folder', neededBytes, async () => neededBytes)).resolves.toBeUndefined());

it('reads what the file system says', () => expect(requireDiskSpace(tmpdir(), 'the temporary folder')).resolves.toBeUndefined());
