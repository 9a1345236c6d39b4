// SPDX-License-Identifier: Apache-2.0
import type { Aggregate, CollectionDeclaration, OutgoingEvent } from '@nervus/messaging';
import type { mongo } from 'mongoose';

/** An aggregate as it stands in its collection; `by_<index>` beside it for each declared index that has a value. */
export interface StoredDocument<S extends object = object> {
  readonly _id: string;
  readonly version: number;
  readonly state: S;
  /** Ids of the last events that were applied, oldest first. */
  readonly applied: readonly string[];
  /** What Kafka has not acknowledged, in the order of writing. */
  readonly outbox: readonly OutgoingEvent[];
  /** Milliseconds; when a process last answered for the outbox, by writing or taking over the document. Means nothing while it is empty. */
  readonly outboxSince?: number;
  readonly deadline?: number;
}

export type Documents = mongo.Collection<StoredDocument>;

export const indexField = (index: string): string => `by_${index}`;

/** A document with its look-up fields; a look-up without a value leaves no field. */
export function documentOf<S extends object>(
  declaration: CollectionDeclaration<S>,
  content: { readonly _id: string; readonly version: number; readonly state: S; readonly applied: readonly string[]; readonly outbox: readonly OutgoingEvent[] },
  nowMs: number,
): StoredDocument<S> {
  const lookups: Record<string, string | number | boolean> = {};
  for (const [index, of] of Object.entries(declaration.indexes ?? {})) {
    const value = of(content.state);
    if (value !== undefined) lookups[indexField(index)] = value;
  }
  const deadline = declaration.deadline?.(content.state);
  return {
    ...content,
    ...lookups,
    ...(content.outbox.length > 0 ? { outboxSince: nowMs } : {}),
    ...(deadline === undefined ? {} : { deadline }),
  };
}

/** Documents with something in their outbox, as the index on its ids finds them: one that is empty has no id there. */
export const notEmpty = { 'outbox.id': { $gt: '' } } as const;

export const aggregateOf = <S extends object>({ _id, version, state }: StoredDocument): Aggregate<S> => ({ id: _id, version, state: state as S });

/**
 * The indexes of a collection. `{_id, version}` is what compare-and-set asks for; the local stand-in scans the whole
 * collection without it, and scans for the others in any case, so these are for sweeps and rare look-ups.
 */
export async function ensureIndexes<S extends object>(collection: Documents, declaration: CollectionDeclaration<S>): Promise<void> {
  await collection.createIndexes([
    { key: { _id: 1, version: 1 }, name: 'compare_and_set', unique: true },
    { key: { 'outbox.id': 1 }, name: 'outbox' },
    ...(declaration.deadline ? [{ key: { deadline: 1 as const }, name: 'deadline' }] : []),
    ...Object.keys(declaration.indexes ?? {}).map((index) => ({ key: { [indexField(index)]: 1 as const }, name: indexField(index) })),
  ]);
}
