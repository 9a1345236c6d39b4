// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { profileFolder, startArguments, UnknownArgument } from './start-arguments.js';

describe('what npm start is asked for', () => {
  it('is the plain profile when nothing is said', () => expect(startArguments([])).toEqual({ help: false, brokers: 1, secure: undefined }));

  it('is three brokers with --ha, and access rules with --secure, in any order', () => {
    expect(startArguments(['--ha'])).toMatchObject({ brokers: 3, secure: undefined });
    expect(startArguments(['--secure', '--ha'])).toMatchObject({ brokers: 3, secure: 'oauth' });
    for (const way of ['oauth', 'mtls', 'scram']) expect(startArguments([`--secure=${way}`])).toMatchObject({ brokers: 1, secure: way });
  });

  it.each(['--hq', 'ha', '--ha=3', '--insecure', ''])('is refused when it is not known, naming it and what there is: %j', (argument) => {
    expect(() => startArguments(['--ha', argument])).toThrow(UnknownArgument);
    expect(() => startArguments([argument])).toThrow(`"${argument}": it takes --ha, --secure and --help`);
  });

  it.each(['--secure=', '--secure=tls', '--secure=OAUTH'])('is refused when there is no such way to prove oneself: %j', (argument) => {
    expect(() => startArguments([argument])).toThrow(`"${argument}": --secure takes oauth, mtls, scram`);
  });

  it('keeps the data of each profile apart, whatever the way to prove oneself', () => {
    const folders = [[], ['--ha'], ['--secure'], ['--ha', '--secure=mtls']].map((given) => profileFolder(startArguments(given)));
    expect(folders).toEqual(['', 'ha', 'secure', 'ha-secure']);
    expect(profileFolder(startArguments(['--secure=scram']))).toBe('secure');
  });
});
