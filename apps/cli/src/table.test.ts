// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { duration, table } from './table.js';

describe('tables', () => {
  it('keep their columns under wide characters and accents', () => {
    const lines = table(['NAME', 'N'], [['日本', '1'], ['Ä\u0301rger', '2']]).split('\n');
    expect(lines).toEqual(['NAME   N', '日本   1', 'Ä\u0301rger  2']);
  });

  it('a cell cannot begin a row of its own', () => {
    expect(table(['A', 'B'], [['x\nforged  row', 'y']]).split('\n')).toHaveLength(2);
  });

  it.each([[-5, '0 s'], [90_000, '90 s'], [3_600_000, '60 min'], [8 * 3_600_000, '8 h'], [72 * 3_600_000, '3 d']])('%d ms are %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});
