// SPDX-License-Identifier: Apache-2.0
import { atPointer, type EvidencePacket, type Label } from '@nervus/contracts';

/** One parameter as a reviewer sees it: its value, and where that came from. */
export interface ParameterRow {
  /** JSON Pointer into the parameters. */
  readonly pointer: string;
  /** Text as it is, anything else as JSON. */
  readonly value: string;
  /** Undefined where the agent's service named no provenance: to be taken as untrusted. */
  readonly label: Label | undefined;
  /** Decides where the action goes or what kind it is. */
  readonly control: boolean;
  /** True for a part of the row above it that has a provenance of its own. */
  readonly nested: boolean;
}

/** Every parameter of the action, none left out, and each deeper place with a label of its own. */
export function parameterRows({ action, labels, control }: Pick<EvidencePacket, 'action' | 'labels' | 'control'>): ParameterRow[] {
  const row = (pointer: string, nested: boolean): ParameterRow => {
    const value = atPointer(action.params, pointer);
    return { pointer, value: typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? 'absent'), label: Object.hasOwn(labels, pointer) ? labels[pointer] : undefined, control: control.some((one) => pointer === one || pointer.startsWith(`${one}/`)), nested };
  };
  return Object.keys(action.params).flatMap((name) => {
    const pointer = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const deeper = Object.keys(labels).filter((labelled) => labelled.startsWith(`${pointer}/`)).toSorted();
    return [row(pointer, false), ...deeper.map((labelled) => row(labelled, true))];
  });
}

/** Event ids that a value came from, without repetition. */
export const sourceEvents = (src: readonly string[]): string[] => [...new Set(src.map((pointer) => pointer.split('#')[0] ?? ''))];
