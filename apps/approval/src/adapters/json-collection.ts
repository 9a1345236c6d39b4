// SPDX-License-Identifier: Apache-2.0
import type { Aggregate, AggregateStore, Applied, ApplyOptions, CollectionDeclaration, Decision } from '@nervus/messaging';
import type { Stores } from '@nervus/service-kit';

/** A state as its JSON text, with what the collection looks documents up by. */
interface JsonState {
  readonly json: string;
  readonly lookups: Readonly<Record<string, string | number | boolean>>;
  readonly deadline?: number;
  readonly expires?: number;
}

/**
 * A collection whose states are stored as JSON text. Parameters of an action are whatever an agent proposed: member
 * names such as `$set`, `a.b` or `__proto__` mean something to a database, and the digest must come out the same.
 */
export function jsonCollection<S extends object>(stores: Stores, { name, indexes = {}, deadline, expires }: CollectionDeclaration<S>): AggregateStore<S> {
  const collection = stores.collection<JsonState>({
    name,
    indexes: Object.fromEntries(Object.keys(indexes).map((index) => [index, ({ lookups }: JsonState) => lookups[index]])),
    ...(deadline && { deadline: (state) => state.deadline }),
    ...(expires && { expires: (state) => state.expires }),
  });
  const written = (state: S): JsonState => {
    const due = deadline?.(state);
    const end = expires?.(state);
    const lookups: Record<string, string | number | boolean> = {};
    for (const [index, of] of Object.entries(indexes)) {
      const value = of(state);
      if (value !== undefined) lookups[index] = value;
    }
    return { json: JSON.stringify(state), lookups, ...(due === undefined ? {} : { deadline: due }), ...(end === undefined ? {} : { expires: end }) };
  };
  return new JsonStore(collection, written);
}

class JsonStore<S extends object> implements AggregateStore<S> {
  constructor(
    private readonly stored: AggregateStore<JsonState>,
    private readonly written: (state: S) => JsonState,
  ) {}

  async apply(id: string, eventId: string, decide: (current: S | undefined) => Decision<S>, options?: ApplyOptions): Promise<Applied<S>> {
    const applied = await this.stored.apply(
      id,
      eventId,
      (current) => {
        const decision = decide(current && this.stateOf(current));
        return decision === 'unchanged' ? decision : { state: this.written(decision.state), events: decision.events };
      },
      options,
    );
    return { ...applied, state: applied.state && this.stateOf(applied.state) };
  }

  async read(id: string): Promise<Aggregate<S> | undefined> {
    const found = await this.stored.read(id);
    return found && this.aggregate(found);
  }

  async readMany(ids: readonly string[]): Promise<ReadonlyMap<string, Aggregate<S>>> {
    return new Map([...(await this.stored.readMany(ids))].map(([id, found]) => [id, this.aggregate(found)]));
  }

  async findBy(index: string, value: string | number | boolean, limit: number): Promise<readonly Aggregate<S>[]> {
    return (await this.stored.findBy(index, value, limit)).map((found) => this.aggregate(found));
  }

  async findDue(nowMs: number, limit: number): Promise<readonly Aggregate<S>[]> {
    return (await this.stored.findDue(nowMs, limit)).map((found) => this.aggregate(found));
  }

  private aggregate({ id, version, state }: Aggregate<JsonState>): Aggregate<S> {
    return { id, version, state: this.stateOf(state) };
  }

  private stateOf({ json }: JsonState): S {
    return JSON.parse(json) as S;
  }
}
