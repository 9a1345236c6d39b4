// SPDX-License-Identifier: Apache-2.0
import { checkSource, type Source } from './source-manifest.js';
import { readYaml } from './yaml-file.js';

/** One thing that is wrong with the text of a manifest, where a person must look. */
export interface ManifestTextFault {
  /** `line:column`, from 1. */
  readonly place: string;
  /** JSON Pointer; empty for the whole. */
  readonly pointer: string;
  readonly message: string;
}

/** A manifest that can be used, and the way from a pointer back to its text. */
export interface ReadSource {
  readonly source: Source;
  /** `line:column` of what a JSON Pointer names. */
  readonly placeOf: (pointer: string) => string;
}

/** Longest text of a manifest, in characters. */
export const longestManifest = 64 * 1024;

/** Reads the text of one manifest: the source, or everything that is wrong with it. */
export function readSource(text: string): ReadSource | { readonly faults: readonly ManifestTextFault[] } {
  if (text.length > longestManifest) return { faults: [{ place: '1:1', pointer: '', message: `has ${text.length} characters, at most ${longestManifest} are read` }] };
  const yaml = readYaml(text);
  if (yaml.faults.length > 0) return { faults: yaml.faults.map(({ place, message }) => ({ place, pointer: '', message })) };
  const checked = checkSource(yaml.value);
  if ('source' in checked) return { source: checked.source, placeOf: (pointer) => yaml.placeOf(pointer) };
  return { faults: checked.faults.map(({ pointer, message }) => ({ place: yaml.placeOf(pointer), pointer, message })) };
}

/** One line: `12:7 /spec/kind must be one of ...`. */
export const textOfFault = ({ place, pointer, message }: ManifestTextFault): string => `${place} ${pointer === '' ? '' : `${pointer} `}${message}`;
