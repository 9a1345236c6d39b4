// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { profileFolder, startArguments, UnknownArgument } from './start-arguments.js';

describe('what npm start is asked for', () => {
  it('is the plain profile when nothing is said', () => expect(startArguments([])).toEqual({ help: false, brokers: 1 }));

  it('is three brokers with --ha', () => expect(startArguments(['--ha'])).toMatchObject({ brokers: 3 }));

  it.each(['--hq', 'ha', '--ha=3', ''])('is refused when it is not known, naming it and what there is: %j', (argument) => {
    expect(() => startArguments([argument])).toThrow(UnknownArgument);
    expect(() => startArguments([argument])).toThrow(`"${argument}": it takes --ha and --help`);
  });

  it('keeps the data of each profile apart', () => {
    expect(profileFolder(startArguments([]))).toBe('');
    expect(profileFolder(startArguments(['--ha']))).toBe('ha');
  });
});
