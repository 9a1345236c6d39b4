// SPDX-License-Identifier: Apache-2.0
// Retry topics and parked keys, in an engine of one service on a broker in memory with a clock that the test moves.
import { SignalAccepted, headerNames } from '@nervus/contracts';
import { describe, expect, it } from 'vitest';
import { Engine } from '../engine/engine.js';
import { PermanentError, UnavailableError } from '../errors.js';
import { createPipeline, type EventHandler } from '../pipeline.js';
import { published } from '../testing/deliveries.js';
import { MemoryKeyParking } from '../testing/memory-parking.js';
import { SigningWorld, prefix } from '../testing/signing-world.js';
import { parseDeathReason } from './dead-letter.js';
import { noPipelineObserver } from './observer.js';
import { Quarantine } from './quarantine.js';
import { retryTopics } from './retry-later.js';
import { notBefore, parseRetryNote } from './retry-note.js';

const signals = `${prefix}nervus.ingestion.signals.v1`;
const retries = retryTopics('reasoning', prefix);
const deadLetters = `${prefix}nervus.reasoning.dlq.v1`;
const minute = 60_000;

/** One process of reasoning after the other, all with the same database and broker. */
class Reasoning {
  readonly signing = new SigningWorld();
  readonly parking = new MemoryKeyParking();
  /** Ids of events in the order in which their handling began, and of those that were handled. */
  readonly tried: string[] = [];
  readonly handled: string[] = [];
  /** Ids that fail, with what. */
  readonly failing = new Map<string, Error>();
  private engine: Engine | undefined;

  static async running(): Promise<Reasoning> {
    const reasoning = new Reasoning();
    await reasoning.start();
    return reasoning;
  }

  async start(): Promise<void> {
    const { signing, parking } = this;
    const { clock, verifier } = signing;
    const publisher = signing.publisher('reasoning');
    const quarantine = new Quarantine({ service: 'reasoning', groupId: 'g', clock, observer: noPipelineObserver, publish: (events) => publisher.publish(events) });
    const handler: EventHandler = async ({ id }) => {
      this.tried.push(id);
      const error = this.failing.get(id);
      if (error) throw error;
      this.handled.push(id);
    };
    const record = createPipeline({ service: 'reasoning', topicPrefix: prefix, groupId: 'g', clock, random: () => 1, verifier, catchUp: async () => undefined, publisher, quarantine, parking, handlers: new Map([[SignalAccepted.type, handler]]) });
    this.engine = new Engine({
      client: signing.broker.client(), groupId: 'g', clock, onFatal: (error) => signing.fatal.push(error),
      subscriptions: [{ topic: signals, from: 'beginning', handle: { record } }, ...retries.map(({ topic }) => ({ topic, from: 'beginning' as const, notBefore, handle: { record } }))],
    });
    await this.engine.start();
  }

  async stop(): Promise<void> {
    const closed = this.engine?.close({ drainMs: 20_000 });
    await this.signing.clock.advance(1000);
    await closed;
  }

  async signal(id: string, key: string): Promise<void> {
    await published(this.signing, 'ingestion', SignalAccepted, { id, key });
  }

  /** Copies that went to the n-th retry topic, as ids. */
  waitedIn(step: number): string[] {
    return this.signing.broker.records(retries[step]!.topic).map(({ headers }) => String(headers['ce_id']));
  }

  get dead(): string[] {
    return this.signing.broker.records(deadLetters).map((copy) => `${String(copy.headers['ce_id'])} ${parseDeathReason(copy)?.code}`);
  }
}

describe('retry topics', () => {
  it('what fails for longer than it is tried in place waits elsewhere, and its partition goes on', async () => {
    const reasoning = await Reasoning.running();
    const { clock, broker } = reasoning.signing;
    reasoning.failing.set('bad', new Error('the model is overloaded'));
    await reasoning.signal('bad', 'ACME');
    await reasoning.signal('good', 'OTHER');
    await clock.advance(2 * minute);
    expect(reasoning.waitedIn(0)).toEqual(['bad']);
    expect(reasoning.handled).toEqual(['good']);
    const committed = [...broker.group('g').committed].filter(([name]) => name.startsWith(signals)).reduce((sum, [, offset]) => sum + offset, 0n);
    expect(committed).toBe(2n);
    reasoning.failing.clear();
    await clock.advance(2 * minute);
    expect(reasoning.handled).toEqual(['good', 'bad']);
    expect(reasoning.signing.fatal).toEqual([]);
  });

  it('a copy is the record byte for byte, with where it stood and when it may be tried', async () => {
    const reasoning = await Reasoning.running();
    reasoning.failing.set('bad', Object.assign(new Error('x'), { code: 'model_overloaded' }));
    await reasoning.signal('bad', 'ACME');
    const [original] = reasoning.signing.broker.records(signals);
    await reasoning.signing.clock.advance(70_000);
    const [copy] = reasoning.signing.broker.records(retries[0]!.topic);
    const { [headerNames.origin]: origin, [headerNames.retry]: _note, ...headers } = copy!.headers;
    expect([copy!.key, copy!.value, headers]).toEqual([original!.key, original!.value, original!.headers]);
    expect(JSON.parse(String(origin))).toMatchObject({ topic: signals, offset: '0', appendedAt: original!.timestamp });
    expect(parseRetryNote(copy!)).toEqual({ code: 'model_overloaded', attempts: expect.any(Number), firstAt: new Date(original!.timestamp).toISOString(), notBefore: copy!.timestamp + minute });
    expect(reasoning.signing.verifier.verify(copy!)).toMatchObject({ state: 'verified', service: 'ingestion' });
  });

  it('after the last retry topic it is dead-lettered, with all its attempts and its first failure', async () => {
    const reasoning = await Reasoning.running();
    reasoning.failing.set('bad', new Error('always'));
    await reasoning.signal('bad', 'ACME');
    const begun = reasoning.signing.clock.now();
    await reasoning.signing.clock.advance(80 * minute);
    expect([reasoning.waitedIn(0), reasoning.waitedIn(1), reasoning.waitedIn(2)]).toEqual([['bad'], ['bad'], ['bad']]);
    const [letter] = reasoning.signing.broker.records(deadLetters);
    expect(parseDeathReason(letter!)).toMatchObject({ code: 'handler_failed', attempts: reasoning.tried.length, firstAt: new Date(begun).toISOString() });
    expect(letter!.headers[headerNames.retry]).toBeUndefined();
    expect(reasoning.signing.verifier.verify(letter!)).toMatchObject({ state: 'verified' });
  });

  it('what can never succeed is dead-lettered at once, also from a retry topic', async () => {
    const reasoning = await Reasoning.running();
    reasoning.failing.set('bad', new PermanentError('no_such_agent', 'x')).set('later', new Error('x'));
    await reasoning.signal('bad', 'ACME');
    await reasoning.signal('later', 'OTHER');
    await reasoning.signing.clock.advance(70_000);
    expect(reasoning.dead).toEqual(['bad no_such_agent']);
    reasoning.failing.set('later', new PermanentError('too_late', 'x'));
    await reasoning.signing.clock.advance(2 * minute);
    expect(reasoning.dead).toEqual(['bad no_such_agent', 'later too_late']);
    expect(reasoning.waitedIn(1)).toEqual([]);
  });

  it('an outage is held in place and never goes to a retry topic', async () => {
    const reasoning = await Reasoning.running();
    reasoning.failing.set('held', new UnavailableError('database_unavailable', 'x'));
    await reasoning.signal('held', 'ACME');
    await reasoning.signing.clock.advance(10 * minute);
    expect(reasoning.waitedIn(0)).toEqual([]);
    reasoning.failing.clear();
    await reasoning.signing.clock.advance(minute);
    expect(reasoning.handled).toEqual(['held']);
  });

  it('a process that stops does not wait for what is not due, and the next one handles it in its time', async () => {
    const reasoning = await Reasoning.running();
    const { clock } = reasoning.signing;
    reasoning.failing.set('bad', new Error('x'));
    await reasoning.signal('bad', 'ACME');
    await clock.advance(70_000);
    const closedAt = clock.now();
    await reasoning.stop();
    expect(clock.now() - closedAt).toBeLessThanOrEqual(1000);
    reasoning.failing.clear();
    await reasoning.start();
    await clock.advance(30_000);
    expect(reasoning.handled).toEqual([]);
    await clock.advance(40_000);
    expect(reasoning.handled).toEqual(['bad']);
  });
});

describe('parked keys', () => {
  it('later records of a key wait behind an earlier one and are handled in order; other keys are not held up', async () => {
    const reasoning = await Reasoning.running();
    const { clock } = reasoning.signing;
    reasoning.failing.set('a1', new Error('x'));
    await reasoning.signal('a1', 'ACME');
    await clock.advance(70_000);
    for (const id of ['a2', 'a3']) await reasoning.signal(id, 'ACME');
    await reasoning.signal('b1', 'OTHER');
    await clock.advance(1000);
    expect(reasoning.handled).toEqual(['b1']);
    expect(reasoning.waitedIn(0)).toEqual(['a1', 'a2', 'a3']);
    reasoning.failing.clear();
    await clock.advance(3 * minute);
    expect(reasoning.handled).toEqual(['b1', 'a1', 'a2', 'a3']);
    await reasoning.signal('a4', 'ACME');
    await clock.advance(1000);
    expect(reasoning.handled.at(-1)).toBe('a4');
    expect(reasoning.waitedIn(0)).toHaveLength(3);
  });

  it('the order is kept while the first goes from one retry topic to the next', async () => {
    const reasoning = await Reasoning.running();
    const { clock } = reasoning.signing;
    reasoning.failing.set('a1', new Error('x'));
    await reasoning.signal('a1', 'ACME');
    await clock.advance(70_000);
    await reasoning.signal('a2', 'ACME');
    await clock.advance(5 * minute);
    expect([reasoning.waitedIn(1), reasoning.handled]).toEqual([['a1', 'a2'], []]);
    reasoning.failing.clear();
    await reasoning.signal('a3', 'ACME');
    await clock.advance(40 * minute);
    expect(reasoning.handled).toEqual(['a1', 'a2', 'a3']);
  });

  it('a dead letter lets its key go', async () => {
    const reasoning = await Reasoning.running();
    const { clock } = reasoning.signing;
    reasoning.failing.set('a1', new Error('x'));
    await reasoning.signal('a1', 'ACME');
    await clock.advance(70_000);
    await reasoning.signal('a2', 'ACME');
    reasoning.failing.set('a1', new PermanentError('cancelled', 'x'));
    await clock.advance(3 * minute);
    expect([reasoning.dead, reasoning.handled]).toEqual([['a1 cancelled'], ['a2']]);
  });

  it('a process that gets the partition knows which keys are parked', async () => {
    const reasoning = await Reasoning.running();
    const { clock } = reasoning.signing;
    reasoning.failing.set('a1', new Error('x'));
    await reasoning.signal('a1', 'ACME');
    await clock.advance(70_000);
    await reasoning.stop();
    await reasoning.start();
    await reasoning.signal('a2', 'ACME');
    await clock.advance(1000);
    expect(reasoning.handled).toEqual([]);
    reasoning.failing.clear();
    await clock.advance(3 * minute);
    expect(reasoning.handled).toEqual(['a1', 'a2']);
  });

  it('records without a parked key cost the database nothing', async () => {
    const reasoning = await Reasoning.running();
    for (let n = 0; n < 20; n++) await reasoning.signal(`s${n}`, `key-${n}`);
    await reasoning.signing.clock.advance(1000);
    expect([reasoning.handled.length, reasoning.parking.asked]).toEqual([20, 0]);
  });
});
