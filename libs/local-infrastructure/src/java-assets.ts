// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The poms, the stand-in's launcher class and the broker's log settings; one level up from src and from dist alike. */
export const javaAssets = fileURLToPath(new URL('../assets/java/', import.meta.url));

/** The same for the same files: names the cache folder that is made from them. */
export function javaAssetsHash(): string {
  const hash = createHash('sha256');
  for (const file of globSync('**/{pom.xml,*.java}', { cwd: javaAssets }).sort()) {
    hash.update(`${file}\0`).update(readFileSync(join(javaAssets, file))).update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

/** What the poms pin. */
export function pinnedVersions(): { readonly kafka: string; readonly mongoJavaServer: string } {
  const pom = readFileSync(join(javaAssets, 'pom.xml'), 'utf8');
  const property = (name: string): string => new RegExp(`<${name}>([^<]+)</${name}>`).exec(pom)?.[1] ?? 'unknown';
  return { kafka: property('kafka.version'), mongoJavaServer: property('mongo-java-server.version') };
}
