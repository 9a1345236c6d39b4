// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { FindingLedger, gapFinding, violation } from './finding-ledger.js';
import { Forgeries } from './forgeries.js';

const gap = { producer: 'p', epoch: 'e', from: 4, to: 6, state: 'open' } as const;

describe('what was told and what is to be told', () => {
  it('a restart that reads its own findings back tells nothing twice', () => {
    const ledger = new FindingLedger();
    ledger.told(gapFinding({ gap, status: 'open' }));
    ledger.say(gapFinding({ gap, status: 'open' }));
    expect(ledger.pending()).toEqual([]);
    ledger.say(gapFinding({ gap, status: 'filled' }));
    expect(ledger.pending().map(({ status }) => status)).toEqual(['filled']);
  });

  it('what Kafka did not acknowledge stays to be told, in its newest state', () => {
    const ledger = new FindingLedger();
    ledger.say(gapFinding({ gap, status: 'open' }));
    const [first] = ledger.pending();
    ledger.say(gapFinding({ gap, status: 'filled' }));
    ledger.told(first!);
    expect(ledger.pending().map(({ status }) => status)).toEqual(['filled']);
  });

  it('a finding that somebody closed is not opened again, and one never told is not closed', () => {
    const ledger = new FindingLedger();
    const broken = violation({ rule: 'R1', code: 'decision_missing', indexes: [7], detail: 'x' });
    ledger.close(broken.findingId, 'y');
    expect(ledger.pending()).toEqual([]);
    ledger.told({ ...broken, status: 'closed' });
    ledger.say(broken);
    expect(ledger.pending()).toEqual([]);
    expect(ledger.open()).toEqual([]);
  });
});

describe('forgeries', () => {
  const forgery = (offset: bigint) => ({ origin: { topic: 't', partition: 0, offset, appendedAt: 0 }, code: 'forged_record', detail: 'no', key: null, value: Buffer.from('x') });

  it('a flood of them is summed up (abuse case 7)', () => {
    const forgeries = new Forgeries(2);
    expect([1n, 2n, 3n, 4n].map((offset) => forgeries.report(forgery(offset), 1000)?.code)).toEqual(['forged_record', 'forged_record', undefined, undefined]);
    expect(forgeries.summary(2000)).toBeUndefined();
    expect(forgeries.summary(61_000)).toMatchObject({ code: 'forged_records', detail: expect.stringMatching(/^2 more/) });
    expect(forgeries.summary(62_000)).toBeUndefined();
    expect(forgeries.report(forgery(5n), 62_000)).toMatchObject({ code: 'forged_record' });
  });

  it('the same record read again is the same finding', () => {
    expect(new Forgeries().report(forgery(9n), 0)?.findingId).toBe(new Forgeries().report(forgery(9n), 5)?.findingId);
  });
});
