// SPDX-License-Identifier: Apache-2.0
import type { Aggregate, AggregateStore, Applied, Decision, OutgoingEvent } from '@nervus/messaging';
import { type ActionState, dueAt } from '../src/domain/action-state.js';

interface Row extends Aggregate<ActionState> {
  readonly applied: readonly string[];
}

/** The store of actions in memory, with what it would publish; can be away. */
export class MemoryActions implements AggregateStore<ActionState> {
  private readonly rows = new Map<string, Row>();
  readonly published: OutgoingEvent[] = [];
  writes = 0;
  /** How many of the next calls fail. */
  failures = 0;
  /** What happens while a document is read. */
  whileRead: (() => Promise<void>) | undefined;

  async apply(id: string, eventId: string, decide: (current: ActionState | undefined) => Decision<ActionState>): Promise<Applied<ActionState>> {
    await this.reach();
    const row = this.rows.get(id);
    const version = row?.version ?? 0;
    if (row?.applied.includes(eventId)) return { outcome: 'duplicate', state: row.state, version };
    const decision = decide(row?.state);
    if (decision === 'unchanged') return { outcome: 'unchanged', state: row?.state, version };
    // As the database keeps it: nothing but JSON survives.
    const state = JSON.parse(JSON.stringify(decision.state)) as ActionState;
    this.rows.set(id, { id, version: version + 1, state, applied: [...(row?.applied ?? []), eventId] });
    this.published.push(...decision.events);
    this.writes++;
    return { outcome: 'applied', state, version: version + 1 };
  }

  async read(id: string): Promise<Aggregate<ActionState> | undefined> {
    await this.reach();
    await this.whileRead?.();
    return this.rows.get(id);
  }

  readMany(ids: readonly string[]): Promise<ReadonlyMap<string, Aggregate<ActionState>>> {
    return Promise.resolve(new Map(ids.flatMap((id) => (this.rows.has(id) ? [[id, this.rows.get(id)!] as const] : []))));
  }

  findBy(): Promise<readonly Aggregate<ActionState>[]> {
    return Promise.resolve([...this.rows.values()].filter(({ state }) => state.state === 'sent' && state.uncertain));
  }

  findDue(nowMs: number, limit: number): Promise<readonly Aggregate<ActionState>[]> {
    return Promise.resolve([...this.rows.values()].filter(({ state }) => (dueAt(state) ?? Infinity) <= nowMs).slice(0, limit));
  }

  private async reach(): Promise<void> {
    await Promise.resolve();
    if (this.failures > 0) {
      this.failures--;
      throw new Error('the database is away');
    }
  }
}
