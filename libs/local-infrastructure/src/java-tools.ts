// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { InfrastructureError } from './errors.js';
import { type Finished, runCommand, type RunOptions } from './run-command.js';

export const oldestJava = 17;

export interface JavaTools {
  readonly java: string;
  readonly javac: string;
  readonly maven: string;
}

type Run = (command: string, args: readonly string[], options: RunOptions) => Promise<Finished | undefined>;

/** Where the tools are: those of JAVA_HOME when it is set, as Maven does, else those on PATH. */
export function javaTools(environment: NodeJS.ProcessEnv): JavaTools {
  const home = environment['JAVA_HOME'];
  const tool = (name: string): string => (home ? join(home, 'bin', name) : name);
  return { java: tool('java'), javac: tool('javac'), maven: 'mvn' };
}

/**
 * Refuses when Java cannot be used here. Compiler and Maven are only asked for when the jars are not in the cache.
 * @throws InfrastructureError `java_missing`, `java_too_old`, `jdk_missing`, `maven_missing`
 */
export async function requireJava(cached: boolean, environment: NodeJS.ProcessEnv, signal: AbortSignal | undefined, run: Run = runCommand): Promise<void> {
  const tools = javaTools(environment);
  const ask = (command: string, argument: string): Promise<Finished | undefined> => run(command, [argument], { environment, timeoutMs: 30_000, signal });
  const [java, javac, maven] = await Promise.all([ask(tools.java, '-version'), cached ? undefined : ask(tools.javac, '-version'), cached ? undefined : ask(tools.maven, '-version')]);
  // macOS has a java command that only says that there is no Java.
  if (!java || java.status !== 0) {
    const where = environment['JAVA_HOME'] ? `JAVA_HOME is ${environment['JAVA_HOME']}, but ${tools.java} does not run` : 'there is no java on PATH';
    throw new InfrastructureError('java_missing', `Java is missing: ${where}. Install a JDK, version ${oldestJava} or newer (Debian and Ubuntu: default-jdk-headless; macOS: brew install openjdk)`);
  }
  const version = javaMajor(java.output);
  if (version !== undefined && version < oldestJava) {
    throw new InfrastructureError('java_too_old', `Java ${version} is too old: Kafka 4 needs ${oldestJava} or newer. Install a newer JDK, or point JAVA_HOME at one`, { found: version, needed: oldestJava });
  }
  if (cached) return;
  if (!javac || javac.status !== 0) throw new InfrastructureError('jdk_missing', `Java is there, its compiler is not (${tools.javac}). Install the JDK, not only the runtime (Debian and Ubuntu: default-jdk-headless)`);
  if (!maven || maven.status !== 0) throw new InfrastructureError('maven_missing', 'Maven is missing: there is no working mvn on PATH. It is needed once, to fetch the jars. Install it (Debian and Ubuntu: maven; macOS: brew install maven)');
}

/** 17 of `openjdk version "17.0.15"`, 8 of `java version "1.8.0_402"`, 21 of `"21-ea"`. */
export function javaMajor(output: string): number | undefined {
  const found = /version "(?:1\.)?(\d+)/.exec(output)?.[1];
  return found === undefined ? undefined : Number(found);
}
