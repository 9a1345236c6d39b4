// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { LeaseRevokedError } from '../errors.js';
import type { Consumer, ConsumerHandlers, InboundRecord, KafkaClient } from '../port.js';
import { FakeClock, MemoryBroker, settled } from '../testing/index.js';
import { Engine, type EngineOptions, type Subscription } from './engine.js';
import type { Lease } from './lease.js';

const topic = 't';
const text = (record: InboundRecord): string => record.value!.toString();

/** A handler whose records end when the test says so. */
class Manual {
  readonly open: { readonly value: string; readonly lease: Lease; finish(): void; reject(error: Error): void }[] = [];
  readonly started: string[] = [];
  readonly record = (record: InboundRecord, lease: Lease): Promise<void> =>
    new Promise((resolve, reject) => {
      this.started.push(text(record));
      this.open.push({ value: text(record), lease, finish: resolve, reject });
    });

  async finish(value: string): Promise<void> {
    const at = this.open.findIndex((one) => one.value === value);
    this.open.splice(at, 1).at(0)!.finish();
    await settled();
  }
}

function world(partitions = 1) {
  const clock = new FakeClock();
  const broker = new MemoryBroker(clock);
  broker.createTopic(topic, partitions);
  const fatal: Error[] = [];
  const send = async (...values: [key: string | null, value: string][]): Promise<void> => {
    broker.append(values.map(([key, value]) => ({ topic, key: key === null ? null : Buffer.from(key), value: Buffer.from(value), headers: {} })));
    await settled();
  };
  const committed = (partition = 0): bigint | undefined => broker.group('g').committed.get(`${topic}/${partition}`);
  const engine = (handle: Subscription['handle'], options: Partial<EngineOptions> & { order?: 'key' | 'strict' } = {}): Engine =>
    new Engine({
      client: broker.client(),
      groupId: 'g',
      subscriptions: [{ topic, from: 'beginning', handle, ...(options.order ? { order: options.order } : {}) }],
      clock,
      onFatal: (error) => fatal.push(error),
      ...options,
    });
  return { clock, broker, fatal, send, committed, engine };
}

/** A client whose consumer does nothing by itself: the test calls the handlers. */
function scriptedClient(): { client: KafkaClient; handlers: Promise<ConsumerHandlers> } {
  const given = Promise.withResolvers<ConsumerHandlers>();
  const consumer: Consumer = { run: async (handlers) => given.resolve(handlers), commit: async () => undefined, pause: () => undefined, resume: () => undefined, close: async () => undefined };
  return { client: { ...new MemoryBroker(new FakeClock()).client(), consumer: async () => consumer }, handlers: given.promise };
}

describe('commit', () => {
  it('a record that finishes before an earlier one is not committed past it', async () => {
    const { clock, send, committed, engine } = world();
    const manual = new Manual();
    const one = engine({ record: manual.record });
    await one.start();
    await send(['a', '0'], ['b', '1'], ['c', '2']);
    await manual.finish('2');
    await manual.finish('1');
    await clock.advance(1000);
    expect(committed()).toBeUndefined();
    await manual.finish('0');
    await clock.advance(1000);
    expect(committed()).toBe(3n);
  });

  it('many records and partitions share one commit', async () => {
    const { clock, broker, send, engine } = world(3);
    let commits = 0;
    const counted = broker.faults.beforeCommit.bind(broker.faults);
    broker.faults.beforeCommit = () => {
      commits++;
      return counted();
    };
    await engine({ record: async () => undefined }).start();
    for (let n = 0; n < 60; n++) await send([`k${n}`, `${n}`]);
    await clock.advance(200);
    expect(commits).toBe(1);
    expect([...broker.group('g').committed.values()].reduce((sum, offset) => sum + offset, 0n)).toBe(60n);
  });

  it('an idle engine has no timer running', async () => {
    const { clock, send, engine } = world();
    await engine({ record: async () => undefined }).start();
    await send(['a', '0']);
    await clock.advance(1000);
    expect(clock.pending).toBe(0);
  });

  it('a failed commit is made again', async () => {
    const { clock, broker, send, committed, engine, fatal } = world();
    await engine({ record: async () => undefined }).start();
    broker.faults.failNextCommit();
    await send(['a', '0']);
    await clock.advance(150);
    expect(committed()).toBeUndefined();
    await clock.advance(150);
    expect(committed()).toBe(1n);
    expect(fatal).toEqual([]);
  });

  it('commits that fail for good end the process instead of redelivering for ever', async () => {
    const { clock, broker, send, engine, fatal } = world();
    await engine({ record: async () => undefined }, { commitGiveUpMs: 5000 }).start();
    await send(['a', '0']);
    broker.stop();
    await clock.advance(6000);
    expect(fatal.map(String)).toEqual([expect.stringMatching(/could not be committed for 5000 ms/)]);
  });

  it('an engine that never commits leaves no offset behind', async () => {
    const { clock, send, committed, engine } = world();
    const one = engine({ record: async () => undefined }, { commitEveryMs: 'never' });
    await one.start();
    await send(['a', '0']);
    await clock.advance(1000);
    await one.close({ drainMs: 1000 });
    expect(committed()).toBeUndefined();
  });
});

describe('rebalance', () => {
  it('records of a kept partition stay in flight, and their refetch is not handled twice', async () => {
    const { clock, broker, send, committed, engine } = world();
    const manual = new Manual();
    await engine({ record: manual.record }).start();
    await send(['a', '0'], ['b', '1']);
    broker.group('g').rebalance();
    await settled();
    expect(manual.started).toEqual(['0', '1']);
    expect(manual.open.map(({ lease }) => lease.signal.aborted)).toEqual([false, false]);
    await manual.finish('0');
    await manual.finish('1');
    await clock.advance(200);
    expect(committed()).toBe(2n);
  });

  it('a lost partition aborts its records, and what they finish later is not committed', async () => {
    const { clock, broker, send, engine } = world(2);
    const first = new Manual();
    await engine({ record: first.record }).start();
    for (let n = 0; n < 8; n++) await send([`k${n}`, `${n}`]);
    const second = new Manual();
    await engine({ record: second.record }).start();
    await settled();
    const lost = first.open.filter(({ lease }) => lease.signal.aborted);
    expect(new Set(lost.map(({ value }) => value))).toEqual(new Set(second.started));
    for (const one of lost) one.finish();
    await clock.advance(1000);
    expect([...broker.group('g').committed.values()]).toEqual([]);
  });

  it('no new work starts between the beginning of a rebalance and its end', async () => {
    const { broker, send, engine } = world();
    const manual = new Manual();
    await engine({ record: manual.record }).start();
    await send(['a', '0'], ['a', '1']);
    const end = broker.group('g').hold();
    await manual.finish('0');
    expect(manual.started).toEqual(['0']);
    end();
    await settled();
    expect(manual.started).toEqual(['0', '1']);
  });

  it('a batch fetched before the rebalance and delivered after it is not taken in out of turn', async () => {
    const { broker, send, engine } = world(1);
    const manual = new Manual();
    const one = engine({ record: manual.record }, { limits: { maxRecords: 1 } });
    await one.start();
    await send(['a', '0']);
    await send(['a', '1']);
    broker.group('g').rebalance();
    await settled();
    await manual.finish('0');
    await manual.finish('1');
    expect(manual.started).toEqual(['0', '1']);
  });

  it('a batch of an older generation is not taken in: what stands before it would be skipped', async () => {
    const { handlers, client } = scriptedClient();
    const manual = new Manual();
    const engine = new Engine({ client, groupId: 'g', subscriptions: [{ topic, from: 'beginning', handle: { record: manual.record } }], clock: new FakeClock(), onFatal: () => undefined });
    await engine.start();
    const batch = (generation: number, ...offsets: number[]) => ({
      topic, partition: 0, generation, highWatermark: 10n,
      records: offsets.map((offset) => ({ topic, partition: 0, offset: BigInt(offset), key: Buffer.from(`k${offset}`), value: Buffer.from(String(offset)), headers: {}, timestamp: 0 })),
    });
    const told = await handlers;
    told.onAssigned(1, [{ topic, partition: 0 }]);
    for (const [generation, partitions] of [[2, []], [3, [{ topic, partition: 0 }]]] as const) {
      told.onRebalance();
      told.onAssigned(generation, partitions);
    }
    await told.onBatch(batch(1, 5, 6));
    await told.onBatch(batch(3, 3, 4));
    expect(manual.started).toEqual(['3', '4']);
  });

  it('partitions that an incremental rebalance leaves with us are not interrupted, and one that leaves starts nothing more', async () => {
    const { handlers, client } = scriptedClient();
    const manual = new Manual();
    const engine = new Engine({ client, groupId: 'g', subscriptions: [{ topic, from: 'beginning', handle: { record: manual.record } }], clock: new FakeClock(), onFatal: () => undefined });
    await engine.start();
    const [stays, leaves, comes] = [0, 1, 2].map((partition) => ({ topic, partition }));
    const batch = (partition: number, generation: number) => ({
      topic, partition, generation, highWatermark: 2n,
      records: [0, 1].map((offset) => ({ topic, partition, offset: BigInt(offset), key: Buffer.from('k'), value: Buffer.from(`${partition}/${offset}`), headers: {}, timestamp: 0 })),
    });
    const told = await handlers;
    told.onAssigned(1, [stays!, leaves!]);
    await told.onBatch(batch(0, 1));
    await told.onBatch(batch(1, 1));
    const { lease } = manual.open.find(({ value }) => value === '1/0')!;
    told.onRebalance([leaves!]);
    await manual.finish('0/0');
    await manual.finish('1/0');
    expect(manual.started).toEqual(['0/0', '1/0', '0/1']);
    expect(lease.signal.aborted).toBe(false);
    told.onAssigned(2, [stays!]);
    expect(lease.signal.aborted).toBe(true);
    told.onAssigned(3, [stays!, comes!]);
    await told.onBatch(batch(2, 3));
    expect(manual.started).toEqual(['0/0', '1/0', '0/1', '2/0']);
    expect(manual.open.find(({ value }) => value === '0/1')!.lease.signal.aborted).toBe(false);
  });

  it('a partition that was to leave and stays after all goes on', async () => {
    const { handlers, client } = scriptedClient();
    const manual = new Manual();
    const engine = new Engine({ client, groupId: 'g', subscriptions: [{ topic, from: 'beginning', handle: { record: manual.record } }], clock: new FakeClock(), onFatal: () => undefined });
    await engine.start();
    const told = await handlers;
    const partition = { topic, partition: 0 };
    told.onAssigned(1, [partition]);
    told.onRebalance([partition]);
    await told.onBatch({ ...partition, generation: 1, highWatermark: 1n, records: [{ ...partition, offset: 0n, key: null, value: Buffer.from('0'), headers: {}, timestamp: 0 }] });
    expect(manual.started).toEqual([]);
    told.onAssigned(2, [partition]);
    await settled();
    expect(manual.started).toEqual(['0']);
  });

  it('a commit that was dropped around a rebalance is made again, or a crash would repeat finished work', async () => {
    const { clock, broker, send, committed, engine } = world();
    await engine({ record: async () => undefined }).start();
    await send(['a', '0']);
    const end = broker.group('g').hold();
    broker.group('g').generation++;
    await clock.advance(200);
    expect(committed()).toBeUndefined();
    end();
    await clock.advance(200);
    expect(committed()).toBe(1n);
  });
});

describe('room', () => {
  it.each([
    ['records', { maxRecords: 4 }],
    ['bytes', { maxBytes: 4 * 11 }],
    ['records ahead of the oldest unfinished one', { maxAhead: 4 }],
  ])('a partition whose %s are used up is paused and goes on when half of them are done', async (_, limits) => {
    const { broker, send, engine } = world();
    const manual = new Manual();
    const one = engine({ record: manual.record }, { limits });
    await one.start();
    for (let n = 0; n < 10; n++) await send([`k${n}`, `value ${n}..`.slice(0, 9)]);
    expect(manual.started).toHaveLength(4);
    expect(one.gauges()[0]).toMatchObject({ inFlight: 4, paused: true });
    await manual.finish(manual.open.at(0)!.value);
    expect(manual.started).toHaveLength(4);
    await manual.finish(manual.open.at(0)!.value);
    expect(manual.started.length).toBeGreaterThan(4);
    while (manual.open.length > 0) await manual.finish(manual.open.at(0)!.value);
    expect(manual.started).toHaveLength(10);
    expect(one.gauges()[0]).toMatchObject({ inFlight: 0, inFlightBytes: 0, lagRecords: 0, lagSeconds: 0 });
    expect(broker.records(topic)).toHaveLength(10);
  });

  it('a full partition does not hold up another', async () => {
    const { send, engine, broker } = world(2);
    const manual = new Manual();
    await engine({ record: manual.record }, { limits: { maxRecords: 2 } }).start();
    for (let n = 0; n < 40; n++) await send([`k${n}`, `${n}`]);
    const inFlight = manual.started.map((value) => broker.records(topic).find((record) => text(record) === value)!.partition);
    expect(inFlight.filter((partition) => partition === 0)).toHaveLength(2);
    expect(inFlight.filter((partition) => partition === 1)).toHaveLength(2);
  });

  it('lag is the age of the oldest unfinished record, not of the newest', async () => {
    const { clock, send, engine } = world();
    const manual = new Manual();
    const one = engine({ record: manual.record });
    await one.start();
    await send(['a', '0']);
    await clock.advance(5000);
    await send(['b', '1']);
    await manual.finish('1');
    expect(one.gauges()[0]).toMatchObject({ lagSeconds: 5, lagRecords: 2, inFlight: 1 });
  });
});

describe('handlers', () => {
  it('a strict topic has one record of a partition in hand at a time', async () => {
    const { send, engine } = world();
    const manual = new Manual();
    await engine({ record: manual.record }, { order: 'strict' }).start();
    await send(['a', '0'], ['b', '1']);
    expect(manual.started).toEqual(['0']);
    await manual.finish('0');
    expect(manual.started).toEqual(['0', '1']);
  });

  it('a batch handler gets what came meanwhile, in order, and it is finished as a whole', async () => {
    const { clock, send, committed, engine } = world();
    const batches: { values: string[]; finish: () => void }[] = [];
    await engine({ batch: (records) => new Promise((resolve) => batches.push({ values: records.map(text), finish: resolve })) }).start();
    await send(['a', '0']);
    await send(['b', '1'], ['c', '2']);
    await send(['d', '3']);
    expect(batches.map(({ values }) => values)).toEqual([['0']]);
    batches.at(0)!.finish();
    await settled();
    expect(batches.at(1)!.values).toEqual(['1', '2', '3']);
    await clock.advance(200);
    expect(committed()).toBe(1n);
    batches.at(1)!.finish();
    await clock.advance(200);
    expect(committed()).toBe(4n);
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('a bug'))],
    ['throws', () => { throw new Error('a bug'); }],
  ])('a handler that %s although it holds its lease ends the process: its record is not committed', async (_, record) => {
    const { clock, send, committed, engine, fatal } = world();
    await engine({ record }).start();
    await send(['a', '0'], ['b', '1']);
    await clock.advance(1000);
    expect(fatal).toHaveLength(1);
    expect(String(fatal[0])).toMatch(/a bug/);
    expect(committed()).toBeUndefined();
  });

  it('a client that dies is told once, with its error', async () => {
    const { broker, engine, fatal } = world();
    await engine({ record: async () => undefined }).start();
    broker.crash('g', new Error('no coordinator'));
    expect(fatal.map(String)).toEqual(['Error: no coordinator']);
  });
});

describe('close', () => {
  it('what was taken in is finished and committed before the group is left', async () => {
    const { broker, send, committed, engine } = world();
    const manual = new Manual();
    const one = engine({ record: manual.record });
    await one.start();
    await send(['a', '0'], ['a', '1']);
    const closed = one.close({ drainMs: 6000 });
    await manual.finish('0');
    await manual.finish('1');
    await closed;
    expect(committed()).toBe(2n);
    expect(broker.group('g').members).toEqual([]);
  });

  it('what does not finish within the budget is handed back, the finished prefix is committed, and it ends in time', async () => {
    const { clock, send, committed, engine, fatal } = world();
    const started: string[] = [];
    const one = engine({
      record: (record, lease) =>
        new Promise((resolve, reject) => {
          started.push(text(record));
          if (text(record) === '0') resolve();
          else lease.signal.addEventListener('abort', () => reject(new LeaseRevokedError('stopping')));
        }),
    });
    await one.start();
    await send(['a', '0'], ['b', '1'], ['b', '2']);
    const began = clock.now();
    let closed = false;
    void one.close({ drainMs: 6000 }).then(() => (closed = true));
    await clock.advance(6000);
    expect(closed).toBe(true);
    expect(clock.now() - began).toBeLessThanOrEqual(6000);
    expect(started).toEqual(['0', '1']);
    expect(committed()).toBe(1n);
    expect(fatal).toEqual([]);
  });

  it('a handler that ignores its lease cannot keep the process from ending', async () => {
    const { clock, send, engine } = world();
    const one = engine({ record: () => new Promise(() => undefined) });
    await one.start();
    await send(['a', '0']);
    let closed = false;
    void one.close({ drainMs: 3000 }).then(() => (closed = true));
    await clock.advance(4000);
    expect(closed).toBe(true);
  });

  it('records that arrive while stopping are left for the next process', async () => {
    const { send, committed, engine } = world();
    const manual = new Manual();
    const one = engine({ record: manual.record });
    await one.start();
    await send(['a', '0']);
    const closed = one.close({ drainMs: 6000 });
    await send(['b', '1']);
    await manual.finish('0');
    await closed;
    expect(manual.started).toEqual(['0']);
    expect(committed()).toBe(1n);
  });

  it('two callers close it once', async () => {
    const { engine } = world();
    const one = engine({ record: async () => undefined });
    await one.start();
    await Promise.all([one.close({ drainMs: 1000 }), one.close({ drainMs: 1000 })]);
  });
});
