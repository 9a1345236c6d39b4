// SPDX-License-Identifier: Apache-2.0
import type { DataClass, Label, OperationDescriptor, Trust } from '@nervus/contracts';
import { atPointer } from '@nervus/contracts';

const trustOrder: readonly Trust[] = ['untrusted', 'verified', 'system', 'owner'];
const classOrder: readonly DataClass[] = ['public', 'internal', 'pii', 'secret'];

/** Labels by JSON Pointer into the parameters. */
export type Labels = Readonly<Record<string, Label>>;

/** What is known of one parameter: the lowest trust and the highest class of everything in it. */
export interface Provenance {
  readonly trust: Trust;
  readonly class: DataClass;
}

export const higherClass = (a: DataClass, b: DataClass): DataClass => (classOrder.indexOf(a) >= classOrder.indexOf(b) ? a : b);
export const isAbove = (a: DataClass, b: DataClass): boolean => classOrder.indexOf(a) > classOrder.indexOf(b);
const lowerTrust = (a: Trust, b: Trust): Trust => (trustOrder.indexOf(a) <= trustOrder.indexOf(b) ? a : b);

/**
 * Joins every label on the path to a parameter and below it. A parameter that no label covers is untrusted and secret:
 * what is missing counts as the worst.
 */
export function provenanceOf(labels: Labels, pointer: string): Provenance {
  let joined: Provenance | undefined;
  let covered = false;
  for (const [at, label] of Object.entries(labels)) {
    const above = at === '' || pointer === at || pointer.startsWith(`${at}/`);
    if (!above && !at.startsWith(`${pointer}/`)) continue;
    covered ||= above;
    joined = joined ? { trust: lowerTrust(joined.trust, label.trust), class: higherClass(joined.class, label.class) } : label;
  }
  return joined && covered ? { trust: joined.trust, class: joined.class } : { trust: 'untrusted', class: 'secret' };
}

/** The highest class of all parameters that are there. */
export function classOfAction(labels: Labels, operation: OperationDescriptor, params: Readonly<Record<string, unknown>>): DataClass {
  return present(operation, params).reduce<DataClass>((highest, pointer) => higherClass(highest, provenanceOf(labels, pointer).class), 'public');
}

/** True when content comes from untrusted text. Where it goes and what kind it is, is for {@link taintedControl}. */
export function hasUntrustedData(labels: Labels, operation: OperationDescriptor, params: Readonly<Record<string, unknown>>): boolean {
  return operation.data.some((pointer) => atPointer(params, pointer) !== undefined && provenanceOf(labels, pointer).trust === 'untrusted');
}

/**
 * Control parameters that nobody to be trusted chose. `fixed` says that the manifest or the destination list names
 * exactly this value; an `owner` label without that is a mere claim and not believed. `system` values come from the
 * platform itself. `verified` proves a sender, not who may choose, and no operation accepts it for control yet.
 */
export function taintedControl(labels: Labels, operation: OperationDescriptor, params: Readonly<Record<string, unknown>>, fixed: (pointer: string, value: unknown) => boolean): string[] {
  return operation.control.filter((pointer) => {
    const value = atPointer(params, pointer);
    return value !== undefined && !fixed(pointer, value) && provenanceOf(labels, pointer).trust !== 'system';
  });
}

const present = (operation: OperationDescriptor, params: Readonly<Record<string, unknown>>): string[] => [...operation.control, ...operation.data].filter((pointer) => atPointer(params, pointer) !== undefined);
