// SPDX-License-Identifier: Apache-2.0
import type { GeneratedDocument } from './documents.js';

/** A file that is not as the declarations make it, and a sentence that says where and what to do. */
export interface Drift extends GeneratedDocument {
  readonly sentence: string;
}

/** @param read the text of a file by its path from the root; throws when it is not there */
export function driftOf(documents: readonly GeneratedDocument[], read: (path: string) => string): Drift[] {
  return documents.flatMap((document) => {
    const found = textOf(document.path, read);
    return found === document.text ? [] : [{ ...document, sentence: `${document.path} ${found === undefined ? 'is missing' : `differs from the declarations from line ${firstDifference(found, document.text)}`}: run \`npm run generate\` and commit what it writes` }];
  });
}

function textOf(path: string, read: (path: string) => string): string | undefined {
  try {
    return read(path);
  } catch {
    return undefined;
  }
}

/** Number of the first line that is not the same. */
function firstDifference(found: string, expected: string): number {
  const [left, right] = [found.split('\n'), expected.split('\n')];
  const at = left.findIndex((line, index) => line !== right[index]);
  return (at < 0 ? left.length : at) + 1;
}
