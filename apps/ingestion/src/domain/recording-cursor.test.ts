// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { advanceRecording, claimRecording, letGoOfRecording, type RecordingCursor } from './recording-cursor.js';

const taken = (cursor: RecordingCursor | 'unchanged'): RecordingCursor => {
  if (cursor === 'unchanged') throw new Error('not taken');
  return cursor;
};

describe('the cursor of a recording', () => {
  it('goes on where the last acknowledged chunk ended, in whichever process', () => {
    const first = taken(claimRecording(undefined, 'hash', 'p1', 0));
    expect(first).toMatchObject({ position: 0, lines: 0 });
    const later = taken(advanceRecording(first, 'p1', { position: 100, lines: 3, ended: false }, 1000));
    expect(claimRecording(later, 'hash', 'p2', 20_999)).toBe('unchanged');
    expect(taken(claimRecording(later, 'hash', 'p2', 21_000))).toMatchObject({ position: 100, lines: 3 });
  });

  it('is written once a chunk: a lease that lasts is not taken anew', () => {
    const mine = taken(claimRecording(undefined, 'hash', 'p1', 0));
    expect(claimRecording(mine, 'hash', 'p1', 9_999)).toBe('unchanged');
    expect(taken(claimRecording(mine, 'hash', 'p1', 10_000)).lease?.until).toBe(30_000);
  });

  it('a process that stops lets another go on at once', () => {
    const mine = taken(claimRecording(undefined, 'hash', 'p1', 0));
    expect(letGoOfRecording(mine, 'p2')).toBe('unchanged');
    expect(taken(claimRecording(taken(letGoOfRecording(mine, 'p1')), 'hash', 'p2', 1)).lease?.holder).toBe('p2');
  });

  it('a process that was replaced advances nothing', () => {
    const theirs = taken(claimRecording(taken(claimRecording(undefined, 'hash', 'p1', 0)), 'hash', 'p2', 20_000));
    expect(advanceRecording(theirs, 'p1', { position: 100, lines: 3, ended: false }, 20_001)).toBe('unchanged');
  });

  it('is played once; another file under its name is played anew', () => {
    const ended = taken(advanceRecording(taken(claimRecording(undefined, 'hash', 'p1', 0)), 'p1', { position: 100, lines: 3, ended: true }, 0));
    expect(claimRecording(ended, 'hash', 'p1', 1e12)).toBe('unchanged');
    expect(taken(claimRecording(ended, 'other', 'p1', 1e12))).toMatchObject({ sha256: 'other', position: 0, lines: 0 });
  });
});
