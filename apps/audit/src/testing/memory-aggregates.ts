// SPDX-License-Identifier: Apache-2.0
import type { Aggregate, AggregateStore, Applied, Decision } from '@nervus/messaging';

/** One document at a time, in memory: for tests of what stands on a store, not of stores. */
export class MemoryAggregates<S extends object> implements AggregateStore<S> {
  private readonly documents = new Map<string, Aggregate<S>>();
  private readonly applied = new Set<string>();
  /** Thrown by the next calls, as a database that is away does. */
  failure: Error | undefined;

  async apply(id: string, eventId: string, decide: (current: S | undefined) => Decision<S>): Promise<Applied<S>> {
    await this.answer();
    const known = this.documents.get(id);
    if (this.applied.has(`${id} ${eventId}`)) return { outcome: 'duplicate', state: known?.state, version: known?.version ?? 0 };
    const decision = decide(known?.state);
    if (decision === 'unchanged') return { outcome: 'unchanged', state: known?.state, version: known?.version ?? 0 };
    const version = (known?.version ?? 0) + 1;
    this.documents.set(id, { id, version, state: structuredClone(decision.state) });
    this.applied.add(`${id} ${eventId}`);
    return { outcome: 'applied', state: decision.state, version };
  }

  async read(id: string): Promise<Aggregate<S> | undefined> {
    await this.answer();
    return this.documents.get(id);
  }

  async readMany(ids: readonly string[]): Promise<ReadonlyMap<string, Aggregate<S>>> {
    await this.answer();
    return new Map(ids.flatMap((id) => (this.documents.has(id) ? [[id, this.documents.get(id)!] as const] : [])));
  }

  findBy(): Promise<never> {
    return Promise.reject(new TypeError('this store has no indexes'));
  }

  findDue(): Promise<never> {
    return Promise.reject(new TypeError('this store has no deadlines'));
  }

  private answer(): Promise<void> {
    return this.failure ? Promise.reject(this.failure) : Promise.resolve();
  }
}
