// SPDX-License-Identifier: Apache-2.0
// Invariant: at most `size` items are taken from the source whose results were not yielded. A result that is due is yielded
// also while the source is slow to give its next item.

/** Maps with bounded concurrency, in order. `map` must not reject. An error of the source is thrown after the results before it. */
export async function* inOrder<T, R>(source: Iterable<T> | AsyncIterable<T>, map: (item: T) => Promise<R>, size: number): AsyncGenerator<R, void, void> {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  const next = (): Promise<Step<T>> => (async () => iterator.next())().then((step): Step<T> => (step.done ? { kind: 'end' } : { kind: 'item', item: step.value }), (error: unknown): Step<T> => ({ kind: 'failed', error }));
  const pending: Promise<{ readonly kind: 'result'; readonly result: R }>[] = [];
  let upcoming: Promise<Step<T>> | undefined;
  let ending: Step<T> | undefined;
  try {
    for (;;) {
      if (!ending && pending.length < size) upcoming ??= next();
      const [head] = pending;
      const racers = [...(head ? [head] : []), ...(upcoming ? [upcoming] : [])];
      if (racers.length === 0) break;
      const first = await Promise.race(racers);
      if (first.kind === 'result') {
        void pending.shift();
        yield first.result;
        continue;
      }
      upcoming = undefined;
      if (first.kind === 'item') pending.push(map(first.item).then((result) => ({ kind: 'result', result })));
      else ending = first;
    }
  } finally {
    // Not awaited: a source that waits for its next item would hold up the caller who wants no more.
    if (!ending) void (async () => iterator.return?.())().catch(() => undefined);
  }
  if (ending?.kind === 'failed') throw ending.error;
}

type Step<T> = { readonly kind: 'item'; readonly item: T } | { readonly kind: 'end' } | { readonly kind: 'failed'; readonly error: unknown };
