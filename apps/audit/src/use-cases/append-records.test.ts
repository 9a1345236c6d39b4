// SPDX-License-Identifier: Apache-2.0
import { derivedId, SignalAccepted } from '@nervus/contracts';
import { sampleAction, samplePolicy, SampleMesh, type SampleRecord } from '@nervus/verifier/testing';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditLog } from '../adapters/audit-log.js';
import { leavesOf, LogHarness } from '../testing/log-harness.js';

let harness: LogHarness;
beforeEach(async () => {
  harness = await LogHarness.create();
});
afterEach(() => harness.remove());

const topicOf = (kind: string): string => kind;
const everythingWasRead = { isPast: () => true } as never;

/** A mesh that has started, with the records of that. */
function startedMesh(): { mesh: SampleMesh; started: SampleRecord[] } {
  const mesh = new SampleMesh();
  return { mesh, started: [...mesh.start(), ...samplePolicy(mesh)] };
}

const farewell = (mesh: SampleMesh): SampleRecord[] => [...mesh.processes.values()].flatMap((process) => process.beat('closed'));
const sizeOf = async (log: AuditLog): Promise<number> => Promise.resolve(log.writer.receipted);

describe('appending', () => {
  it('what was handed in is in the log, receipted in its order, and a stranger verifies the folder', async () => {
    const { mesh, started } = startedMesh();
    const actions = Array.from({ length: 130 }, (_, n) => sampleAction(mesh, n, n % 2 === 0 ? 1 : 2).records).flat();
    const records = [...started, ...actions, ...farewell(mesh)];
    const log = await harness.open();
    await harness.submit(log, records);
    expect(harness.receipted()).toEqual(leavesOf(records));
    expect(harness.intents()).toHaveLength(65);
    await log.close();
    const report = await harness.verify(mesh.trust);
    expect(report).toMatchObject({ verdict: 'VERIFIED', violations: [], incomplete: [], counts: { entries: records.length, openProcesses: 0 } });
    expect(harness.fatal).toEqual([]);
  });

  it('a topic that is read again changes nothing, and intents are receipted again at their old index', async () => {
    const { mesh, started } = startedMesh();
    const records = [...started, ...sampleAction(mesh, 1, 2).records];
    const log = await harness.open();
    await harness.submit(log, records);
    const [receipt] = harness.intents();
    await harness.submit(log, records);
    expect(await sizeOf(log)).toBe(records.length);
    expect(harness.intents()).toEqual([receipt, receipt]);
    expect(harness.receipted()[receipt!.index]).toBe(receipt!.leaf);
    await log.close();
    expect(await harness.verify(mesh.trust)).toMatchObject({ verdict: 'VERIFIED' });
  });

  it('the same event under a new number is an entry of its own and no finding', async () => {
    const { mesh, started } = startedMesh();
    const event = { type: SignalAccepted, key: 'k', id: derivedId('again'), data: { a: 1 } };
    const log = await harness.open();
    await harness.submit(log, [...started, ...mesh.of('ingestion').write(event), ...mesh.of('ingestion').write(event)]);
    expect(await sizeOf(log)).toBe(started.length + 2);
    await harness.submit(log, mesh.of('ingestion').write({ ...event, data: { a: 2 } }));
    await log.watch.tell();
    expect(harness.findings().map(({ code }) => code)).toEqual(['id_conflict']);
    await log.close();
  });

  it('any order of arrival gives a log that passes the rules, with nothing missing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat()), async (randoms) => {
        const own = await LogHarness.create();
        const { mesh, started } = startedMesh();
        const records = [...Array.from({ length: 4 }, (_, n) => sampleAction(mesh, n, 2).records).flat(), ...farewell(mesh)];
        const keyed = records.map((record) => ({ record, at: randoms.next().value ?? 0 }));
        const shuffled = keyed.toSorted((a, b) => a.at - b.at).map(({ record }) => record);
        const log = await own.open({ maxBatch: 1 + ((randoms.next().value ?? 0) % 5) });
        await own.submit(log, [...started, ...shuffled]);
        await log.close();
        const report = await own.verify(mesh.trust);
        await own.remove();
        expect([report.verdict, report.violations]).toEqual(['VERIFIED', []]);
      }),
      { numRuns: 15 },
    );
  });
});

describe('what waits, and what gets no receipt', () => {
  it('an outcome waits for its intent, and the intent for its decision, without holding up anybody else', async () => {
    const { mesh, started } = startedMesh();
    const [signal, proposal, decision, intent, outcome] = sampleAction(mesh, 1, 2).records as [SampleRecord, SampleRecord, SampleRecord, SampleRecord, SampleRecord];
    const log = await harness.open();
    await harness.submit(log, started);
    const early = harness.submit(log, [outcome, intent]);
    await harness.submit(log, [signal, proposal]);
    expect(log.writer.waiting.size).toBe(2);
    expect(harness.intents()).toEqual([]);
    await harness.submit(log, [decision]);
    await early;
    expect(harness.receipted().slice(-3)).toEqual(leavesOf([decision, intent, outcome]));
    expect(harness.intents()).toHaveLength(1);
    await log.close();
  });

  it('a tier 1 outcome without any decision is logged with a finding: R1 (abuse case 22)', async () => {
    const { mesh, started } = startedMesh();
    const records = sampleAction(mesh, 1, 1).records.filter(({ entry }) => !entry.topic.includes('approval'));
    const log = await harness.open();
    await harness.submit(log, started);
    const submitted = harness.submit(log, records);
    await harness.submit(log, farewell(mesh));
    log.writer.giveUpWaiting(everythingWasRead, topicOf);
    await submitted;
    for (let round = 0; round < 10; round++) await log.watch.look();
    expect(harness.findings()).toMatchObject([{ rule: 'R1', code: 'decision_missing', status: 'open', severity: 'violation' }]);
    await log.close();
    const report = await harness.verify(mesh.trust);
    expect([report.verdict, report.violations.map(({ rule, code }) => `${rule} ${code}`)]).toEqual(['VIOLATION', ['R1 decision_missing']]);
  });

  it('an intent whose decision never comes is logged, and gets no receipt', async () => {
    const { mesh, started } = startedMesh();
    const intent = sampleAction(mesh, 1, 2).records[3]!;
    const log = await harness.open();
    await harness.submit(log, started);
    const submitted = harness.submit(log, [intent]);
    await harness.submit(log, mesh.of('ingestion').beat('beating'));
    expect(log.writer.waiting.size).toBe(1);
    log.writer.giveUpWaiting(everythingWasRead, topicOf);
    await submitted;
    expect(harness.receipted().at(-1)).toBe(intent.leaf);
    expect(harness.intents()).toEqual([]);
    await log.close();
  });

  it('a producer that signed two records under one number: a finding, the second has no entry, its intents no receipt (abuse case 9)', async () => {
    const { mesh, started } = startedMesh();
    const action = mesh.of('action');
    const log = await harness.open();
    await harness.submit(log, [...started, ...sampleAction(mesh, 1, 2).records]);
    expect(harness.intents()).toHaveLength(1);
    const size = await sizeOf(log);
    action.next--;
    await harness.submit(log, action.beat('beating'));
    expect(await sizeOf(log)).toBe(size);
    await harness.submit(log, sampleAction(mesh, 2, 2).records);
    await log.watch.look();
    expect(harness.findings()).toMatchObject([{ rule: 'R8', code: 'equivocation', severity: 'violation', status: 'open' }]);
    expect(harness.intents()).toHaveLength(1);
    expect(log.writer.withheld.count).toBe(1);
    await log.close();
  });

  it('a gap withholds the receipts of that producer until it is filled (abuse case 9)', async () => {
    const { mesh, started } = startedMesh();
    const log = await harness.open({ gapAfterMs: 0 });
    harness.progress.ends('t', [{ partition: 0, low: 0n, high: 0n }], Date.now() + 60_000, Infinity);
    await harness.submit(log, started);
    const late = mesh.of('action').beat('beating');
    await harness.submit(log, mesh.of('action').beat('beating'));
    await log.watch.look();
    await log.watch.look();
    await harness.submit(log, sampleAction(mesh, 1, 2).records);
    expect(harness.findings().map(({ code, status }) => `${code} ${status}`)).toEqual(['sequence_gap open']);
    expect(harness.intents()).toEqual([]);
    await harness.submit(log, late);
    await log.watch.look();
    expect(harness.findings().map(({ code, status }) => `${code} ${status}`)).toEqual(['sequence_gap open', 'sequence_gap filled']);
    expect(harness.intents()).toHaveLength(1);
    await log.close();
  });
});
