// SPDX-License-Identifier: Apache-2.0
import { SignalAccepted } from '@nervus/contracts';
import { describe, expect, it } from 'vitest';
import { PermanentError, UntrustedRecordError } from '../errors.js';
import { inHand, outcomeOf, published, scripted } from '../testing/deliveries.js';
import { SigningWorld, prefix } from '../testing/signing-world.js';
import { Quarantine, type QuarantineOptions, quarantine } from './quarantine.js';

const topic = `${prefix}nervus.reasoning.quarantine.v1`;
const forged = new UntrustedRecordError('forged_record', 'the signature does not fit', { kid: 'k' });

async function world(options: Partial<QuarantineOptions> = {}) {
  const signing = new SigningWorld();
  const publisher = signing.publisher('reasoning');
  const told: boolean[] = [];
  const into = new Quarantine({
    service: 'reasoning', groupId: 'g', clock: signing.clock, observer: { quarantined: (_, reported) => void told.push(reported) }, publish: (events) => publisher.publish(events), ...options,
  });
  const reports = () => signing.broker.records(topic).map((record) => JSON.parse(record.value!.toString()) as { suppressed: number; code: string; offset: string });
  return { signing, told, reports, middleware: quarantine(into), delivery: inHand(await published(signing, 'ingestion', SignalAccepted)) };
}

describe('quarantine', () => {
  it('reports digests, coordinates and reason in a signed record, and finishes', async () => {
    const { signing, reports, middleware, delivery } = await world();
    await middleware(scripted(forged))(delivery);
    expect(reports()).toEqual([expect.objectContaining({ topic: delivery.record.topic, partition: delivery.record.partition, offset: '0', group: 'g', code: 'forged_record', kid: 'k', suppressed: 0 })]);
    expect(signing.verifier.verify(signing.broker.records(topic).at(0)!)).toMatchObject({ state: 'verified', service: 'reasoning' });
    expect(JSON.stringify(reports())).not.toContain('Policy rate');
  });

  it('a redelivered record is reported under the same id', async () => {
    const { signing, middleware, delivery } = await world();
    await middleware(scripted(forged))(delivery);
    await middleware(scripted(forged))(delivery);
    const ids = signing.broker.records(topic).map((record) => String(record.headers['ce_id']));
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  it('a flood makes few reports, and none of it goes uncounted', async () => {
    const { signing, told, reports, middleware, delivery } = await world({ maxReports: 3, windowMs: 10_000 });
    for (let n = 0; n < 50; n++) await middleware(scripted(forged))(delivery);
    expect(reports()).toHaveLength(3);
    await signing.clock.advance(10_000);
    expect(reports().map(({ suppressed }) => suppressed)).toEqual([0, 0, 0, 46]);
    expect(told.filter((reported) => !reported)).toHaveLength(47);
    await middleware(scripted(forged))(delivery);
    expect(reports().at(-1)).toMatchObject({ suppressed: 0 });
  });

  it('never holds up the partition longer than its limit, though the publisher hangs', async () => {
    const { signing, middleware, delivery } = await world({ publish: () => new Promise(() => undefined), publishMs: 5000 });
    expect(await outcomeOf(signing, middleware(scripted(forged))(delivery), 5000)).toBeUndefined();
  });

  it('other failures are not its business', async () => {
    const { reports, middleware, delivery } = await world();
    const error = new PermanentError('x', 'x');
    await expect(middleware(scripted(error))(delivery)).rejects.toBe(error);
    expect(reports()).toEqual([]);
  });
});
