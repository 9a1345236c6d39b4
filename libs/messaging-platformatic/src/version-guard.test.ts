// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { judgedVersion, requireJudgedVersion } from './version-guard.js';

describe('version guard', () => {
  it('the installed library is the judged one, and another is refused by name', () => {
    requireJudgedVersion();
    requireJudgedVersion(judgedVersion);
    expect(() => requireJudgedVersion('2.13.0')).toThrow('2.13.0');
  });
});
