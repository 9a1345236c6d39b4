// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeaseRevokedError } from '../errors.js';
import type { InboundRecord } from '../port.js';
import { FakeClock, MemoryBroker, settled } from '../testing/index.js';
import { Engine } from './engine.js';

type Step =
  | { readonly do: 'send'; readonly keys: readonly number[] }
  | { readonly do: 'finish'; readonly at: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'rebalance' | 'join' | 'close' | 'crash' | 'fail commit' };

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), keys: fc.array(fc.nat(5), { minLength: 1, maxLength: 6 }) }) },
    { weight: 10, arbitrary: fc.record({ do: fc.constant('finish' as const), at: fc.nat(100) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 10, max: 400 }) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('rebalance' as const, 'join' as const, 'close' as const, 'crash' as const, 'fail commit' as const) }) },
  ),
  { minLength: 10, maxLength: 60 },
);

interface Running {
  readonly record: InboundRecord;
  readonly done: (error?: Error) => void;
}

const placeOf = ({ partition, offset }: Pick<InboundRecord, 'partition' | 'offset'>): string => `${partition}/${offset}`;

/** A group of processes on one topic, driven step by step. */
class Simulation {
  readonly clock = new FakeClock();
  readonly broker = new MemoryBroker(this.clock, 200);
  readonly finished = new Set<string>();
  readonly fatal: Error[] = [];
  private readonly engines: Engine[] = [];
  private running: Running[] = [];
  /** Highest value whose handling began, by key. */
  private readonly begun = new Map<string, number>();
  private sent = 0;

  constructor() {
    this.broker.createTopic('t', 3);
  }

  async step(step: Step): Promise<void> {
    switch (step.do) {
      case 'send':
        this.broker.append(step.keys.map((key) => ({ topic: 't', key: Buffer.from(`key-${key}`), value: Buffer.from(String(this.sent++)), headers: {} })));
        break;
      case 'finish':
        this.finish(step.at);
        break;
      case 'wait':
        await this.clock.advance(step.ms);
        break;
      case 'join':
        if (this.engines.length < 3) await this.join();
        break;
      case 'close':
        await this.close(this.engines.pop());
        break;
      case 'crash':
        // All processes die at once, with whatever they have in hand.
        this.broker.crash('g');
        this.engines.length = 0;
        break;
      case 'fail commit':
        this.broker.faults.failNextCommit();
        break;
      case 'rebalance':
        this.broker.group('g').rebalance();
    }
    await settled();
    this.check();
  }

  /** Lets everything come to its end, in processes that live. */
  async drain(): Promise<void> {
    await this.join();
    for (let round = 0; round < 500 && !this.allCommitted(); round++) {
      while (this.running.length > 0) this.finish(0);
      await this.clock.advance(200);
      this.check();
    }
  }

  allCommitted(): boolean {
    const total = [...this.broker.group('g').committed.values()].reduce((sum, offset) => sum + offset, 0n);
    return total === BigInt(this.sent);
  }

  private async join(): Promise<void> {
    const engine = new Engine({
      client: this.broker.client(),
      groupId: 'g',
      subscriptions: [{ topic: 't', from: 'beginning', handle: { record: (record, lease) => this.handle(record, lease.signal) } }],
      clock: this.clock,
      onFatal: (error) => this.fatal.push(error),
      limits: { maxRecords: 5, lanes: 3 },
    });
    this.engines.push(engine);
    await engine.start();
  }

  private async close(engine: Engine | undefined): Promise<void> {
    const closed = engine?.close({ drainMs: 1000 });
    await this.clock.advance(2000);
    await closed;
  }

  private handle(record: InboundRecord, signal: AbortSignal): Promise<void> {
    const [key, value] = [String(record.key), Number(record.value)];
    // A value may begin again, but a key's values begin for the first time in their order.
    expect(value).toBeLessThanOrEqual(this.next(key, value));
    this.begun.set(key, Math.max(value, this.begun.get(key) ?? -1));
    return new Promise((resolve, reject) => {
      const done = (error?: Error): void => {
        this.running = this.running.filter((one) => one.done !== done);
        if (error) return reject(error);
        this.finished.add(placeOf(record));
        resolve();
      };
      this.running.push({ record, done });
      signal.addEventListener('abort', () => done(new LeaseRevokedError('gone')));
    });
  }

  /** The value of the key that may begin next. */
  private next(key: string, value: number): number {
    const begun = this.begun.get(key) ?? -1;
    const values = this.broker.records('t').filter((record) => String(record.key) === key).map((record) => Number(record.value));
    return Math.max(begun, values.find((one) => one > begun) ?? value);
  }

  private finish(at: number): void {
    if (this.running.length > 0) this.running.at(at % this.running.length)!.done();
  }

  private check(): void {
    for (const [name, committed] of this.broker.group('g').committed) {
      const partition = Number(name.split('/').at(1));
      for (let offset = 0n; offset < committed; offset++) expect(this.finished, `${name} is committed at ${committed}`).toContain(placeOf({ partition, offset }));
    }
  }
}

describe('engine under rebalances, crashes, closes and failing commits, in any order', () => {
  it('never commits past an unfinished record, keeps the order of every key, and ends with everything committed', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const simulation = new Simulation();
        await simulation.step({ do: 'join' });
        for (const step of script) await simulation.step(step);
        await simulation.drain();
        expect(simulation.allCommitted()).toBe(true);
        expect(simulation.fatal.filter((error) => error.message !== 'the client gave up')).toEqual([]);
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
