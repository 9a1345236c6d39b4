// SPDX-License-Identifier: Apache-2.0
import { atPointer, type Label, type OperationDescriptor, type Trust, type DataClass } from '@nervus/contracts';
import { type Constraints, isFixedByManifest } from '@nervus/agent-manifest';

const trusts: readonly Trust[] = ['owner', 'system', 'verified', 'untrusted'];
const classes: readonly DataClass[] = ['public', 'internal', 'pii', 'secret'];
const mostSources = 32;

/** What the owner wrote into the manifest or a file it names. */
export const ownerLabel: Label = { src: [], trust: 'owner', class: 'internal' };

/** What this service itself made: counts, ids. */
export const systemLabel: Label = { src: [], trust: 'system', class: 'internal' };

/** The label of a value that was made from several: lowest trust, highest class, all sources. Nothing raises trust. */
export function joined(labels: readonly Label[]): Label {
  let trust = 0;
  let sensitivity = 0;
  const sources = new Set<string>();
  for (const label of labels) {
    trust = Math.max(trust, trusts.indexOf(label.trust));
    sensitivity = Math.max(sensitivity, classes.indexOf(label.class));
    for (const source of label.src) sources.add(source);
  }
  return { src: [...sources].slice(0, mostSources), trust: trusts[trust] ?? 'untrusted', class: classes[sensitivity] ?? 'secret' };
}

/** A signal whose values are labelled. */
export interface Labelled {
  readonly eventId: string;
  readonly labels: Readonly<Record<string, Label>>;
}

/** `eventId#/content/title`, as records cite it. */
export const citation = (signal: Labelled, pointer: string): string => `${signal.eventId}#/content${pointer}`;

/**
 * Label of the value at a pointer into the signal's content: that of the longest pointer labelled, which holds it. What
 * nobody labelled is untrusted, and as sensitive as can be.
 */
export function labelAt(signal: Labelled, pointer: string): Label {
  let best: { length: number; label: Label } | undefined;
  for (const [prefix, label] of Object.entries(signal.labels)) {
    if (prefix !== '' && pointer !== prefix && !pointer.startsWith(`${prefix}/`)) continue;
    if (!best || prefix.length > best.length) best = { length: prefix.length, label };
  }
  const { trust, class: dataClass } = best?.label ?? { trust: 'untrusted', class: 'secret' };
  return { src: [citation(signal, pointer)], trust, class: dataClass };
}

/** Label of what was made from several places of the signal; own words of this service where there are none. */
export const labelOfPlaces = (signal: Labelled, places: readonly string[]): Label => (places.length === 0 ? systemLabel : joined(places.map((place) => labelAt(signal, place))));

/**
 * Label of a parameter that a model filled in: its whole prompt, so untrusted, unless the manifest itself fixes exactly
 * this value.
 */
export const labelOfAnswer = (prompt: Label, constraints: Constraints, pointer: string, value: unknown): Label => (isFixedByManifest(constraints, pointer, value) ? ownerLabel : prompt);

/** Control parameters that come neither from the owner nor from the system: such an action is never automatic. */
export function taintedControls(operation: OperationDescriptor, params: Readonly<Record<string, unknown>>, labels: Readonly<Record<string, Label>>): string[] {
  return operation.control.filter((pointer) => atPointer(params, pointer) !== undefined && !['owner', 'system'].includes(labels[pointer]?.trust ?? 'untrusted'));
}
