// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isOfKind, isPushed, type ReadSource, readSource, type Source, sourceKey } from '@nervus/sources';
import { RecordingFiles } from './recording-files.js';
import { SecretFiles } from './secret-files.js';

/** The sources of a folder and what they need from other files. */
export interface LoadedSources {
  readonly sources: readonly Source[];
  readonly secrets: SecretFiles;
  readonly recordings: RecordingFiles;
}

/** Manifests that cannot be used: the service does not start. */
export class SourcesInvalid extends Error {
  override readonly name = 'SourcesInvalid';
  readonly code = 'sources_invalid';
  readonly retryable = false;

  /** @param faults each with file, line, column and pointer */
  constructor(readonly faults: readonly string[]) {
    super(`${faults.length} faults in the sources, which are used all or not at all:\n  ${faults.join('\n  ')}`);
  }
}

/**
 * Reads every `*.yaml` of a folder, one source each, and the files they name.
 * @param places folder of secrets, and of recordings; an empty one is the folder that holds the sources
 * @throws SourcesInvalid naming every fault of every file
 */
export function loadSources(folder: string, places: { readonly secrets: string; readonly recordings: string }): LoadedSources {
  const secrets = new SecretFiles(places.secrets);
  const recordings = new RecordingFiles(places.recordings === '' ? dirname(resolve(folder)) : places.recordings);
  const faults: string[] = [];
  const firstFile = new Map<string, string>();
  const sources: Source[] = [];
  for (const file of namesIn(folder, faults)) {
    const fault = (place: string, pointer: string, message: string): void => void faults.push(`${file}:${place} ${pointer === '' ? '' : `${pointer} `}${message}`);
    const found = readSourceFile(join(folder, file), fault);
    if (!found) continue;
    const { source, placeOf } = found;
    const key = sourceKey(source);
    const before = firstFile.get(key);
    if (before !== undefined) fault(placeOf('/metadata/name'), '/metadata/name', `is the name of a source in ${before} already, of the same tenant`);
    firstFile.set(key, file);
    for (const [pointer, need] of needsOf(source, secrets, recordings)) {
      try {
        need();
      } catch (error) {
        fault(placeOf(pointer), pointer, error instanceof Error ? error.message : String(error));
      }
    }
    sources.push(source);
  }
  if (faults.length > 0) throw new SourcesInvalid(faults);
  return { sources, secrets, recordings };
}

function namesIn(folder: string, faults: string[]): string[] {
  try {
    return readdirSync(folder).filter((name) => /\.ya?ml$/.test(name)).toSorted();
  } catch (error) {
    faults.push(`the folder cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}

function readSourceFile(path: string, fault: (place: string, pointer: string, message: string) => void): ReadSource | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    fault('1:1', '', error instanceof Error ? error.message : String(error));
    return undefined;
  }
  const read = readSource(text);
  if ('source' in read) return read;
  for (const { place, pointer, message } of read.faults) fault(place, pointer, message);
  return undefined;
}

/** The files that a source names, each by the pointer that names it and what reads it. */
function needsOf(source: Source, secrets: SecretFiles, recordings: RecordingFiles): (readonly [pointer: string, need: () => void])[] {
  const { spec } = source;
  if (isOfKind(source, 'recording')) return [['/spec/config/file', () => recordings.find(source.spec.config.file)]];
  if (!isPushed(spec) || spec.auth.kind === 'none') return [];
  const { auth } = spec;
  return auth.secretFiles.map((file, index) => [`/spec/auth/secretFiles/${index}`, () => secrets.load(auth, file)] as const);
}
