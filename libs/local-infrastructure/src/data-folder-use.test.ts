// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { previousUse, rememberUse, requireSameUse } from './data-folder-use.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nervus-use-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('what a data folder was made for', () => {
  it('is remembered, and nothing is known of a fresh one', () => {
    expect(previousUse(folder)).toBeUndefined();
    for (const use of [{ kind: 'java', brokers: 3, secure: false }, { kind: 'docker', brokers: 1, secure: false }, { kind: 'java', brokers: 1, secure: true }, { kind: 'java', brokers: 3, secure: true }] as const) {
      rememberUse(folder, use);
      expect(previousUse(folder)).toEqual(use);
    }
  });

  it('is read from folders of before there were several brokers', () => {
    writeFileSync(join(folder, 'started-with'), 'java\n');
    expect(previousUse(folder)).toEqual({ kind: 'java', brokers: 1, secure: false });
  });

  it('is not changed by a start that wants something else, which would bury the data', () => {
    const refuse = (): void => requireSameUse('/data', { kind: 'java', brokers: 1, secure: false }, { brokers: 3, secure: false });
    expect(refuse).toThrow(/holds the data of one plain broker, and 3 plain brokers were asked for/);
    expect(refuse).toThrow(expect.objectContaining({ code: 'data_folder_of_another_profile' }));
    expect(() => requireSameUse('/data', { kind: 'java', brokers: 1, secure: true }, { brokers: 1, secure: false })).toThrow(/one secure broker, and one plain broker was asked for/);
    expect(() => requireSameUse('/data', { kind: 'docker', brokers: 1, secure: false }, { brokers: 1, secure: false })).not.toThrow();
    expect(() => requireSameUse('/data', undefined, { brokers: 3, secure: true })).not.toThrow();
  });
});
