// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jarsAreCached, javaFolder, javaInstallation } from './jar-cache.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nervus-jars-'));
  mkdirSync(join(folder, 'bin'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Puts commands of these names first on PATH: what Maven and the compiler do when they fail cannot be had from the real ones on demand. */
function command(name: string, script: string): void {
  writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'bin', name), 0o755);
}
const writesHalf = 'for a in "$@"; do case "$a" in -DoutputFolder=*) mkdir -p "${a#*=}/broker"; : > "${a#*=}/broker/half.jar";; esac; done';
const install = (signal?: AbortSignal): Promise<unknown> =>
  javaInstallation({ cacheDir: join(folder, 'cache'), environment: { PATH: `${join(folder, 'bin')}:${process.env['PATH']}` }, log: () => {}, signal });

describe('the jar cache', () => {
  it.each([
    ['Maven cannot reach its repository', `${writesHalf}; echo "Could not resolve dependencies: Connection refused"; exit 1`, 'true', 'jars_unresolved', 'Connection refused'],
    ['the disk fills up', `${writesHalf}; echo "java.io.IOException: No space left on device"; exit 1`, 'true', 'disk_full', 'Free some space'],
    ['the class does not compile', writesHalf, 'echo "error: release version 17 not supported"; exit 1', 'compilation_failed', 'not supported'],
  ])('keeps nothing half done when %s', async (_, mvn, javac, code, message) => {
    command('mvn', mvn);
    command('javac', javac);
    await expect(install()).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    expect(readdirSync(join(folder, 'cache'))).toEqual([]);
  });

  it('keeps nothing half done when the start is given up', async () => {
    command('mvn', `${writesHalf}; : > "${folder}/began"; sleep 60`);
    const giveUp = new AbortController();
    const installing = install(giveUp.signal);
    await expect.poll(() => readdirSync(folder)).toContain('began');
    giveUp.abort();
    await expect(installing).rejects.toMatchObject({ code: 'aborted' });
    expect(readdirSync(join(folder, 'cache'))).toEqual([]);
  });

  it('is complete under its name, is not made twice, and gives way to a run that was quicker', async () => {
    command('mvn', `${writesHalf}; echo x >> "${folder}/runs"`);
    command('javac', 'true');
    await Promise.all([install(), install()]);
    expect(jarsAreCached(join(folder, 'cache'))).toBe(true);
    expect(readdirSync(join(folder, 'cache'))).toEqual([basename(javaFolder(folder))]);
    command('mvn', 'exit 1');
    await expect(install()).resolves.toMatchObject({ brokerClassPath: expect.stringMatching(/broker\/\*$/) });
  });
});
