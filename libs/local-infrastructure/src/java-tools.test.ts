// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { javaMajor, requireJava } from './java-tools.js';
import type { Finished } from './run-command.js';

const java17: Finished = { status: 0, output: 'openjdk version "17.0.15" 2025-04-15' };
const works: Finished = { status: 0, output: '' };

function machine(answers: Record<string, Finished | undefined>): { run: (command: string) => Promise<Finished | undefined>; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    run: async (command) => {
      asked.push(command);
      return answers[command];
    },
  };
}
const require = (answers: Record<string, Finished | undefined>, cached = false, environment: NodeJS.ProcessEnv = {}): Promise<void> => requireJava(cached, environment, undefined, machine(answers).run);

describe('what Java needs', () => {
  it.each([
    ['openjdk version "17.0.15" 2025-04-15', 17],
    ['java version "1.8.0_402"', 8],
    ['openjdk version "21-ea" 2023-09-19', 21],
    ['openjdk version "9"', 9],
    ['Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "25.0.1" 2025-10-21', 25],
    ['The operation couldn’t be completed.', undefined],
  ])('reads the version of %s', (output, major) => expect(javaMajor(output)).toBe(major));

  it('is content with Java 17, its compiler and Maven', () => expect(require({ java: java17, javac: works, mvn: works })).resolves.toBeUndefined());
  it('names a missing Java', () => expect(require({ javac: works, mvn: works })).rejects.toMatchObject({ code: 'java_missing' }));
  it('takes the java of macOS that only says that there is none for a missing one', () => expect(require({ java: { status: 1, output: 'Unable to locate a Java Runtime.' }, mvn: works })).rejects.toMatchObject({ code: 'java_missing' }));
  it('names a Java that is too old, with both versions', () => expect(require({ java: { status: 0, output: 'openjdk version "11.0.2"' }, javac: works, mvn: works })).rejects.toMatchObject({ code: 'java_too_old', details: { found: 11, needed: 17 } }));
  it('names a missing compiler', () => expect(require({ java: java17, mvn: works })).rejects.toMatchObject({ code: 'jdk_missing' }));
  it('names a missing Maven', () => expect(require({ java: java17, javac: works })).rejects.toMatchObject({ code: 'maven_missing' }));
  it('needs neither compiler nor Maven once the jars are there', () => expect(require({ java: java17 }, true)).resolves.toBeUndefined());

  it('asks the Java of JAVA_HOME, as Maven does, and names it when it is not there', async () => {
    const here = machine({ '/jdk/bin/java': java17 });
    await requireJava(true, { JAVA_HOME: '/jdk' }, undefined, here.run);
    expect(here.asked).toEqual(['/jdk/bin/java']);
    await expect(require({ java: java17 }, true, { JAVA_HOME: '/gone' })).rejects.toThrow('JAVA_HOME is /gone');
  });
});
