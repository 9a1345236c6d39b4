// SPDX-License-Identifier: Apache-2.0
import { type DataOf, SignalAccepted } from '@nervus/contracts';
import { describe, expect, it } from 'vitest';
import { LeaseRevokedError, PermanentError, UnavailableError, UntrustedRecordError } from '../errors.js';
import type { OutboundRecord } from '../port.js';
import { inHand, outcomeOf, published, scripted } from '../testing/deliveries.js';
import { SigningWorld, prefix } from '../testing/signing-world.js';
import { type DeadLetterOptions, deadLetter, parseDeathReason } from './dead-letter.js';

const topic = `${prefix}nervus.reasoning.dlq.v1`;

async function world(sendRaw?: (records: readonly OutboundRecord[]) => Promise<void>, triedLater = false) {
  const signing = new SigningWorld();
  const publisher = signing.publisher('reasoning');
  const told: string[] = [];
  const options: DeadLetterOptions = {
    service: 'reasoning', topicPrefix: prefix, groupId: 'g', clock: signing.clock, triedLater: () => triedLater, observer: { deadLettered: ({ code }) => void told.push(code) }, sendRaw: sendRaw ?? ((records) => publisher.sendRaw(records)),
  };
  const data: DataOf<typeof SignalAccepted> = SignalAccepted.examples.at(0)!;
  return { signing, told, middleware: deadLetter(options), delivery: inHand(await published(signing, 'ingestion', SignalAccepted, { data })) };
}

describe('dead letter', () => {
  it('keeps key, value and headers byte for byte, adds where from and why, and still verifies', async () => {
    const { signing, told, middleware, delivery } = await world();
    delivery.attempts = 3;
    delivery.firstFailureAt = signing.clock.now() - 5000;
    await middleware(scripted(new PermanentError('not_allowed', 'it is not allowed')))(delivery);
    const [copy] = signing.broker.records(topic);
    expect(copy!.key).toEqual(delivery.record.key);
    expect(copy!.value).toEqual(delivery.record.value);
    expect(copy!.headers).toMatchObject(delivery.record.headers);
    expect(parseDeathReason(copy!)).toEqual({
      code: 'not_allowed', message: 'it is not allowed', stackHash: expect.stringMatching(/^[\w-]{43}$/), attempts: 3, firstAt: '2025-12-31T23:59:55.000Z', lastAt: '2026-01-01T00:00:00.000Z', group: 'g',
    });
    expect(signing.verifier.verify(copy!)).toMatchObject({ state: 'verified', service: 'ingestion', origin: { topic: delivery.record.topic, offset: delivery.record.offset } });
    expect(told).toEqual(['not_allowed']);
  });

  it('the record is finished only when Kafka has the copy', async () => {
    let acknowledge = (): void => undefined;
    const { signing, middleware, delivery } = await world(() => new Promise((resolve) => (acknowledge = resolve)));
    const running = middleware(scripted(new Error('x')))(delivery);
    expect(await outcomeOf(signing, running, 1000)).toBe('still waiting');
    acknowledge();
    expect(await outcomeOf(signing, running, 0)).toBeUndefined();
  });

  it('without an acknowledgement it is tried again, and left when the partition goes away', async () => {
    const { signing, told, middleware, delivery } = await world(() => Promise.reject(new UnavailableError('publisher_failed', 'gave up')));
    const running = middleware(scripted(new Error('x')))(delivery);
    running.catch(() => undefined);
    expect(await outcomeOf(signing, running, 10_000)).toBe('still waiting');
    delivery.revoke();
    expect(await outcomeOf(signing, running, 0)).toBeInstanceOf(LeaseRevokedError);
    expect(told).toEqual([]);
  });

  it('what has another try to come is not given up, unless it can never succeed', async () => {
    const { signing, middleware, delivery } = await world(undefined, true);
    const passing = new Error('the target is away');
    await expect(middleware(scripted(passing))(delivery)).rejects.toBe(passing);
    expect(signing.broker.records(topic)).toEqual([]);
    await middleware(scripted(new PermanentError('not_allowed', 'never')))(delivery);
    expect(signing.broker.records(topic)).toHaveLength(1);
  });

  it.each([
    ['a lost lease', new LeaseRevokedError('gone')],
    ['a record that is not to be trusted', new UntrustedRecordError('forged_record', 'forged')],
  ])('%s makes no dead letter', async (_, error) => {
    const { signing, middleware, delivery } = await world();
    await expect(middleware(scripted(error))(delivery)).rejects.toBe(error);
    expect(signing.broker.records(topic)).toEqual([]);
  });

  it('one fault has one stack hash whatever its message says', async () => {
    const { signing, middleware, delivery } = await world();
    for (const text of ['record 1', 'record 2']) {
      await middleware(async () => {
        throw new Error(text);
      })(delivery);
    }
    const [first, second] = signing.broker.records(topic).map(parseDeathReason);
    expect(first!.message).not.toBe(second!.message);
    expect(first!.stackHash).toBe(second!.stackHash);
  });
});
