// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type ManifestTextFault, readSource, type Source, textOfFault } from '@nervus/sources';
import { exitCodes } from '../exit-codes.js';
import { Failure } from '../failure.js';

/** One file with what it holds, or with what is wrong with it. */
export interface SourceFile {
  readonly file: string;
  readonly source?: Source;
  readonly faults: readonly ManifestTextFault[];
}

/** Reads one manifest, or every `*.yaml` of a folder. @throws Failure where there is nothing to read */
export function readSourceFiles(folder: string, given: string): readonly SourceFile[] {
  const path = resolve(folder, given);
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch {
    throw new Failure('file_missing', `${path} does not exist: name the manifest of a source, or a folder of such`, exitCodes.noInput);
  }
  const files = isFolder ? readdirSync(path).filter((name) => /\.ya?ml$/.test(name)).toSorted().map((name) => join(path, name)) : [path];
  if (files.length === 0) throw new Failure('sources_missing', `${path} holds no *.yaml`, exitCodes.noInput);
  return files.map((file) => {
    const read = readSource(readFileSync(file, 'utf8'));
    return 'source' in read ? { file, source: read.source, faults: [] } : { file, faults: read.faults };
  });
}

/** The one source of a file. @throws Failure naming every fault of it */
export function readOneSource(folder: string, given: string): Source {
  const [read, more] = readSourceFiles(folder, given);
  if (more) throw new Failure('one_file_needed', `${given} is a folder with more than one source: name one file`, exitCodes.usage);
  if (read?.source) return read.source;
  throw new Failure('source_invalid', `${given} is no source that can be used: ${faultLines(read?.faults ?? [], given).join('; ')}`, exitCodes.no);
}

export const faultLines = (faults: readonly ManifestTextFault[], file: string): string[] => faults.map((fault) => `${basename(file)}:${textOfFault(fault)}`);
