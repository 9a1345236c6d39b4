// SPDX-License-Identifier: Apache-2.0
import type { Aggregate, CollectionDeclaration, OutgoingEvent } from '@nervus/messaging';

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
  /** Milliseconds since the epoch from which it may be removed. */
  readonly expiresAt?: number;
}

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
  const expiresAt = declaration.expires?.(content.state);
  return {
    ...content,
    ...lookups,
    ...(content.outbox.length > 0 ? { outboxSince: nowMs } : {}),
    ...(deadline === undefined ? {} : { deadline }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

export const aggregateOf = <S extends object>({ _id, version, state }: StoredDocument): Aggregate<S> => ({ id: _id, version, state: state as S });
