// SPDX-License-Identifier: Apache-2.0
import { sourceKey } from '@nervus/sources';
import type { Command } from '../command.js';
import { exitCodes } from '../exit-codes.js';
import { printable } from '../printable.js';
import { faultLines, readSourceFiles } from './sources-read.js';

/** Checks manifests of sources. Files only: secrets and recordings that they name are not looked at. */
export const sourcesValidate: Command = {
  name: 'sources validate',
  summary: 'Check the manifest of a source, or all in a folder',
  positionals: ['FILE|DIR'],
  options: {},
  run({ positionals: [given = ''] }, { folder }) {
    const read = readSourceFiles(folder, given);
    const valid = read.every(({ source }) => source !== undefined);
    const text = read.flatMap(({ file, source, faults }) => (source ? [`${file}: ${sourceKey(source)}, kind ${source.spec.kind}, is valid`] : [`${file}: not valid`, ...faultLines(faults, file).map((line) => `  ${printable(line)}`)]));
    return Promise.resolve({ json: { valid, sources: read.map(({ file, source, faults }) => ({ file, valid: source !== undefined, ...(source && { tenant: source.tenant, name: source.name, kind: source.spec.kind }), faults })) }, text: text.join('\n'), exitCode: valid ? exitCodes.ok : exitCodes.no });
  },
};
