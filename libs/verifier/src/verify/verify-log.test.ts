// SPDX-License-Identifier: Apache-2.0
import { DecisionMade, derivedId, FindingRaised, OutcomeRecorded, RevocationIssued, SignalAccepted, WorkloadChanged } from '@nervus/contracts';
import { digestOfBytes, signJws, WorkloadKey } from '@nervus/trust';
import { beforeAll, describe, expect, it } from 'vitest';
import { sampleAction, samplePolicy } from '../testing/sample-actions.js';
import { SampleLog } from '../testing/sample-log.js';
import { SampleMesh, SampleProcess, type SampleRecord } from '../testing/sample-mesh.js';
import type { Report } from './report.js';
import { reportText } from './report-text.js';
import { type VerifyLogOptions, verifyLog } from './verify-log.js';

interface Sample {
  readonly mesh: SampleMesh;
  readonly log: SampleLog;
  readonly keys: readonly string[];
}

/** @param signals further records, signed as one batch: they make the log long and cost one signature to verify */
async function sampleLog(actions: number, { topicPrefix = '', signals = 0 } = {}): Promise<Sample> {
  const mesh = new SampleMesh(topicPrefix);
  const log = new SampleLog();
  await log.append([...mesh.start(), ...samplePolicy(mesh)]);
  const keys: string[] = [];
  const records: SampleRecord[] = [];
  for (let n = 0; n < actions; n++) {
    mesh.now += 100;
    const { records: written, idempotencyKey } = sampleAction(mesh, n, n % 3 === 0 ? 2 : 1);
    records.push(...written);
    keys.push(idempotencyKey);
  }
  records.push(...mesh.of('ingestion').write(...Array.from({ length: signals }, (_, n) => ({ type: SignalAccepted, key: 'k', id: derivedId('filler', String(n)), data: { n } }))));
  await log.append(records.slice(0, 300));
  await log.append([...records.slice(300), ...[...mesh.processes.values()].flatMap((process) => process.beat('closed'))]);
  return { mesh, log, keys };
}

const verify = ({ mesh, log }: Sample, more: Partial<VerifyLogOptions> = {}): Promise<Report> => verifyLog({ reader: log, policy: log.policy, trust: mesh.trust, ...more });
const codes = ({ violations }: Report): string[] => [...new Set(violations.map(({ rule, code }) => `${rule} ${code}`))];
const missing = ({ incomplete }: Report): string[] => [...new Set(incomplete.map(({ code }) => code))];

/** The sample with more records at its end, properly logged. */
async function extended(actions: number, more: (mesh: SampleMesh) => readonly SampleRecord[]): Promise<Sample> {
  const mesh = new SampleMesh();
  const log = new SampleLog();
  const records = [...mesh.start(), ...samplePolicy(mesh)];
  for (let n = 0; n < actions; n++) records.push(...sampleAction(mesh, n, 2).records);
  await log.append([...records, ...more(mesh)]);
  return { mesh, log, keys: [] };
}

describe('an honest log', () => {
  let sample: Sample;
  beforeAll(async () => {
    sample = await sampleLog(60);
  });

  it('is VERIFIED, and the report says what was looked at', async () => {
    const report = await verify(sample);
    expect(report.violations).toEqual([]);
    expect(report.incomplete).toEqual([]);
    expect(report.verdict).toBe('VERIFIED');
    const size = sample.log.records.length;
    expect(report.counts).toMatchObject({ entries: size, payloads: size, payloadsMissing: 0, signatures: size, keys: 7, processes: 7, openProcesses: 0, permittedActions: 60, openIntents: 0, archivedCheckpoints: 3 });
    expect(report.steps.filter(({ result }) => result !== 'passed').map(({ step }) => step)).toEqual(['effects']);
    expect(reportText(report)).toMatch(/^VERIFIED: log\.nervus\.local, \d+ entries/);
  });

  it('is VERIFIED under a prefix of its topics', async () => {
    expect(await verify(await sampleLog(3, { topicPrefix: 'blue.' }))).toMatchObject({ verdict: 'VERIFIED' });
  });

  it('every effect that a target reports is found by its key, and one that nobody permitted is not (R9)', async () => {
    const effects = sample.keys.map((idempotencyKey) => ({ idempotencyKey }));
    expect(await verify(sample, { effects })).toMatchObject({ verdict: 'VERIFIED', effects: { reported: 60, withoutPermit: 0 } });
    const stranger = await verify(sample, { effects: [...effects, { idempotencyKey: digestOfBytes('nobody') }] });
    expect(stranger).toMatchObject({ verdict: 'VIOLATION', effects: { reported: 61, withoutPermit: 1, keys: [digestOfBytes('nobody')] } });
    expect(codes(stranger)).toEqual(['R9 effect_without_permit']);
  });

  it('is INCOMPLETE without trust, without policy, or under the policy of another log', async () => {
    expect(missing(await verify(sample, { trust: undefined }))).toEqual(['trust_missing']);
    expect(missing(await verify(sample, { policy: undefined }))).toEqual(['policy_missing']);
    const strange = await verify(sample, { policy: new SampleLog().policy });
    expect([strange.verdict, missing(strange)]).toEqual(['INCOMPLETE', ['note_untrusted']]);
  });

  it('is not believed under the root of another installation', async () => {
    const report = await verify(sample, { trust: new SampleMesh().trust });
    expect(report.verdict).toBe('VIOLATION');
    expect(codes(report)).toContain('signature unknown_key');
  });

  it('records may stand before the keys that signed them', async () => {
    const mesh = new SampleMesh();
    const started = mesh.start();
    const records = [...samplePolicy(mesh), ...sampleAction(mesh, 1, 1).records];
    const log = new SampleLog();
    await log.append([...records, ...started.toReversed()]);
    expect(await verify({ mesh, log, keys: [] })).toMatchObject({ verdict: 'VERIFIED' });
  });
});

describe('mutations of a copied log: each is named, none is VERIFIED (abuse case 18)', () => {
  let sample: Sample;
  beforeAll(async () => {
    sample = await sampleLog(8, { signals: 520 });
  });

  async function altered(alter: (files: Map<string, Uint8Array>, log: SampleLog) => void | Promise<void>, more: Partial<VerifyLogOptions> = {}): Promise<Report> {
    const log = sample.log.copy();
    await alter(log.files, log);
    return verify({ ...sample, log }, more);
  }

  const flip = (bytes: Uint8Array, at: number): void => {
    bytes[at] = (bytes[at] ?? 0) ^ 1;
  };

  it('one bit anywhere in any file', async () => {
    const paths = [...sample.log.files.keys()];
    expect(paths).toEqual(expect.arrayContaining(['checkpoint', 'tile/0/000', 'tile/1/000.p/2', 'tile/entries/001', 'payload/000']));
    const size = sample.log.records.length;
    const newest = paths.filter((path) => !/\.p\//.test(path) || path.endsWith(`.p/${size % 256}`) || path === 'tile/1/000.p/2');
    for (const path of newest) {
      const length = sample.log.files.get(path)!.length;
      for (const at of [0, Math.floor(length / 2), length - 1]) {
        expect(`${path} ${at} ${(await altered((files) => flip(files.get(path)!, at))).verdict}`).not.toBe(`${path} ${at} VERIFIED`);
      }
    }
  }, 60_000);

  it.each([
    ['edited', (entries: Uint8Array[]) => flip(entries[5]!, 20)],
    ['deleted', (entries: Uint8Array[]) => entries.splice(5, 1)],
    ['swapped', (entries: Uint8Array[]) => entries.splice(5, 2, entries[6]!, entries[5]!)],
    ['duplicated', (entries: Uint8Array[]) => entries.splice(5, 0, entries[5]!)],
  ])('an entry %s in a bundle', async (_, change) => {
    const { decodeBundle, encodeBundle } = await import('@nervus/transparency-log');
    const report = await altered((files) => {
      const entries = decodeBundle(files.get('tile/entries/000')!, 256).map((entry) => Uint8Array.from(entry));
      change(entries);
      files.set('tile/entries/000', encodeBundle(entries.slice(0, 256)));
    });
    expect(report.verdict).toBe('VIOLATION');
    expect(codes(report)).toContain('log entries_altered');
  });

  it('a value edited under its digest', async () => {
    const report = await altered((files) => flip(files.get('payload/000')!, files.get('payload/000')!.length - 1));
    expect(codes(report)).toEqual(['payload payload_mismatch']);
    expect(report.violations[0]?.indexes).toEqual([255]);
  });

  it('another append time or offset than the log signed, which would make a key look good or bad', async () => {
    const report = await altered((files) => {
      const bytes = Buffer.from(files.get('payload/000')!);
      // The append time of the first record, behind the note, the partition and the offset.
      bytes.writeUInt32BE(7, 2 + bytes.readUInt16BE(0) + 4 + 8 + 4);
      files.set('payload/000', bytes);
    });
    expect(codes(report)).toContain('payload coordinates_altered');
  });

  it('the whole log rewritten and signed anew shows against a checkpoint that was kept', async () => {
    const kept = sample.log.files.get('checkpoint')!;
    const rewritten = sample.log.copy();
    const other = new SampleLog();
    Object.assign(other, { signer: rewritten.signer, policy: rewritten.policy, privateKey: undefined });
    await other.append(sample.log.records.filter((_, i) => i !== 300));
    await other.append(sampleAction(sample.mesh, 500, 1).records);
    const report = await verify({ ...sample, log: other }, { keptCheckpoint: kept });
    expect(codes(report)).toContain('log split_view');
  });

  it('truncation to an earlier honest state shows against a checkpoint that was kept, and nowhere else', async () => {
    const kept = sample.log.files.get('checkpoint')!;
    const short = new SampleLog();
    Object.assign(short, { signer: sample.log.signer, policy: sample.log.policy });
    await short.append(sample.log.records.slice(0, 200));
    const report = await verify({ ...sample, log: short }, { keptCheckpoint: kept });
    expect(report.verdict).toBe('VIOLATION');
    expect(codes(report)).toContain('log log_truncated');
  });

  it.each(['tile/entries/000', 'tile/entries/001', 'tile/0/000', 'payload/000', 'checkpoint'])('%s deleted is a shortened walk: INCOMPLETE', async (path) => {
    const report = await altered((files) => void files.delete(path));
    expect(report.verdict).not.toBe('VERIFIED');
    expect(missing(report).length).toBeGreaterThan(0);
    expect(codes(report).filter((code) => code.startsWith('log') || code.startsWith('payload'))).toEqual([]);
  });

  it('an archived checkpoint under another size, or one of another tree', async () => {
    const size = sample.log.records.length;
    expect(codes(await altered((files) => void files.set('checkpoints/20', files.get(`checkpoints/${size}`)!)))).toEqual(['log checkpoint_misfiled']);
    const fork = new SampleLog();
    Object.assign(fork, { signer: sample.log.signer, policy: sample.log.policy });
    await fork.append(sample.log.records.slice(1, 101));
    const report = await altered((files) => void files.set('checkpoints/100', fork.files.get('checkpoint')!));
    expect(codes(report)).toEqual(['log root_mismatch']);
  });
});

describe('who signed the records', () => {
  it('a record signed by a key that no root vouches for', async () => {
    const report = await verify(
      await extended(1, (mesh) => new SampleProcess(mesh, 'ingestion', mesh.newEpoch(), WorkloadKey.generate()).write({ type: SignalAccepted, key: 'k', id: derivedId('x'), data: {} })),
    );
    expect(codes(report)).toEqual(['signature unknown_key']);
  });

  it('a decision written by a service that may not decide (abuse case 17)', async () => {
    const report = await verify(await extended(1, (mesh) => mesh.of('reasoning').write({ type: DecisionMade, key: 'r', id: derivedId('x'), data: null, extensions: { actiondigest: 'x', tier: '1' } })));
    expect(codes(report)).toContain('signature wrong_producer');
  });

  it('a record whose signature is of another record', async () => {
    const sample = await extended(1, (mesh) => {
      const [one, other] = [mesh.of('ingestion').write({ type: SignalAccepted, key: 'k', id: derivedId('a'), data: {} }), mesh.of('ingestion').write({ type: SignalAccepted, key: 'k', id: derivedId('b'), data: {} })];
      return [one[0]!, { ...other[0]!, entry: { ...other[0]!.entry, signature: one[0]!.entry.signature } }];
    });
    expect(codes(await verify(sample))).toEqual(['signature signature_invalid']);
  });

  it('a key used after it had expired, or after it was revoked (abuse case 8)', async () => {
    const late = (mesh: SampleMesh): SampleRecord[] => mesh.of('ingestion').write({ type: SignalAccepted, key: 'k', id: derivedId('late'), data: {}, at: mesh.now + 3_600_000 });
    expect(codes(await verify(await extended(1, late)))).toEqual(['signature key_expired']);
    const revoked = (mesh: SampleMesh): SampleRecord[] => {
      const { kid } = mesh.of('ingestion').key;
      const after = mesh.of('ingestion').write({ type: SignalAccepted, key: 'k', id: derivedId('after'), data: {}, at: mesh.now + 10 });
      return [...after, ...mesh.of('identity').write({ type: RevocationIssued, key: `workload:${kid}`, id: derivedId('rev'), data: { subject: `workload:${kid}`, at: new Date(mesh.now + 5).toISOString(), reason: 'copied', expiresAt: new Date(mesh.now + 1e9).toISOString(), version: 1 } })];
    };
    expect(codes(await verify(await extended(1, revoked)))).toEqual(['signature key_revoked']);
  });

  it('the key of identity itself without a proof by the root', async () => {
    const mesh = new SampleMesh();
    const log = new SampleLog();
    const started = mesh.start();
    mesh.now += 1;
    const impostor = new SampleProcess(mesh, 'identity', mesh.newEpoch(), WorkloadKey.generate());
    const facts = { kid: impostor.key.kid, spiffeId: impostor.spiffeId, service: 'identity', jwk: impostor.key.publicJwk, notBefore: new Date(mesh.now).toISOString(), notAfter: new Date(mesh.now + 1e6).toISOString() };
    await log.append([...started, ...impostor.write({ type: WorkloadChanged, key: facts.kid, id: derivedId('i'), data: { ...facts, attestation: { kind: 'x', rule: 'x', subject: 'x' }, version: 1 } })]);
    expect(codes(await verify({ mesh, log, keys: [] }))).toEqual(['signature unknown_key']);
  });

  it('a permit that approval did not sign, inside a decision that it did', async () => {
    const report = await verify(await extended(1, (mesh) => sampleAction(mesh, 7, 1, { permitKey: mesh.of('reasoning').key }).records));
    expect(codes(report)).toEqual(['signature permit_wrong_producer']);
  });
});

describe('numbers of producers', () => {
  it('a record left out shows as a gap, unexplained: INCOMPLETE', async () => {
    const sample = await extended(2, (mesh) => mesh.of('action').write({ type: SignalAccepted, key: 'lost', id: derivedId('lost'), data: {} }).slice(1).concat(mesh.of('action').beat('beating')));
    const report = await verify(sample);
    expect([report.verdict, missing(report), codes(report)]).toEqual(['INCOMPLETE', ['sequence_gap'], []]);
  });

  it('the unacknowledged tail of a killed process is recovered once its successor seals it', async () => {
    const sample = await extended(1, (mesh) => {
      const dead = mesh.of('action');
      const lost = dead.write({ type: SignalAccepted, key: 'lost', id: derivedId('lost'), data: {} });
      const acked = dead.beat('beating', { ackedThrough: dead.next - lost.length - 1 });
      const successor = mesh.enrol('action');
      return [...acked, ...successor, ...mesh.of('action').beat('beating', { sealed: [{ epoch: dead.epoch, kid: dead.key.kid }] })];
    });
    const report = await verify(sample);
    expect([report.verdict, report.recovered.length]).toEqual(['VERIFIED', 1]);
  });

  it('two records under one number are equivocation, the same record twice a duplicate (abuse case 9)', async () => {
    const twice = await verify(
      await extended(1, (mesh) => {
        const process = mesh.of('ingestion');
        const one = process.write({ type: SignalAccepted, key: 'k', id: derivedId('one'), data: {} });
        process.next--;
        return [...one, ...process.write({ type: SignalAccepted, key: 'k', id: derivedId('other'), data: {} })];
      }),
    );
    expect(codes(twice)).toEqual(['R8 equivocation']);
    const same = await verify(
      await extended(1, (mesh) => {
        const one = mesh.of('ingestion').write({ type: SignalAccepted, key: 'k', id: derivedId('one'), data: {} });
        return [...one, ...one];
      }),
    );
    expect(codes(same)).toEqual(['R8 duplicate_entry']);
  });

  it('an event under two numbers is one event, unless its value differs', async () => {
    const event = { type: SignalAccepted, key: 'k', id: derivedId('e') };
    const again = await extended(1, (mesh) => [...mesh.of('ingestion').write({ ...event, data: { a: 1 } }), ...mesh.of('ingestion').write({ ...event, data: { a: 1 } })]);
    expect(await verify(again)).toMatchObject({ verdict: 'VERIFIED' });
    const conflict = await extended(1, (mesh) => [...mesh.of('ingestion').write({ ...event, data: { a: 1 } }), ...mesh.of('ingestion').write({ ...event, data: { a: 2 } })]);
    expect(codes(await verify(conflict))).toEqual(['R8 id_conflict']);
  });

  it('a stranger who enrols under the number of another process accuses nobody', async () => {
    const sample = await extended(1, (mesh) => {
      const stranger = new SampleProcess(mesh, 'action', mesh.of('action').epoch, WorkloadKey.generate());
      return stranger.write(mesh.enrolmentOf(stranger));
    });
    expect(await verify(sample)).toMatchObject({ verdict: 'VERIFIED' });
  });
});

describe('a renewal that identity never granted', () => {
  const renewing = (by: (mesh: SampleMesh) => WorkloadKey) =>
    extended(1, (mesh) => {
      const action = mesh.of('action');
      const fresh = new SampleProcess(mesh, 'action', action.epoch, WorkloadKey.generate());
      fresh.next = action.next++;
      const event = mesh.enrolmentOf(fresh);
      const renewal = signJws(by(mesh), { typ: 'nervus-renewal+jws' }, Buffer.from(fresh.key.kid));
      return [...fresh.write({ ...event, data: { ...event.data, renewal } }), ...action.beat('closed')];
    });

  it('counts when the key in force asked for it, and leaves no gap', async () => {
    expect(await verify(await renewing((mesh) => mesh.of('action').key))).toMatchObject({ verdict: 'VERIFIED' });
  });

  it('does not hide a missing record when somebody else asked', async () => {
    expect(missing(await verify(await renewing((mesh) => mesh.of('reasoning').key)))).toEqual(['sequence_gap']);
    expect(missing(await verify(await renewing(() => WorkloadKey.generate())))).toEqual(['sequence_gap']);
  });
});

describe('rules over a signed log', () => {
  it('a tier 1 outcome without any decision in the log (abuse case 22)', async () => {
    const sample = await extended(0, (mesh) => sampleAction(mesh, 1, 1).records.filter(({ entry }) => !entry.topic.includes('approval')));
    const report = await verify(sample);
    expect(report.verdict).toBe('VIOLATION');
    expect(codes(report)).toEqual(['R1 decision_missing']);
    const outcome = sample.log.records.findIndex(({ entry }) => entry.headers['ce_type'] === OutcomeRecorded.type);
    expect(report.violations[0]?.indexes).toEqual([outcome]);
  });

  it('what the keeper of the log reported and nobody closed stays a violation', async () => {
    const finding = (status: string): object => ({ findingId: derivedId('f'), rule: 'R8', code: 'sequence_gap', status, severity: 'violation', indexes: [], detail: 'Numbers 4 to 6 are missing.', at: '2026-11-24T10:00:00.000Z' });
    const raise = (...statuses: string[]) => (mesh: SampleMesh) => statuses.flatMap((status) => mesh.of('audit').write({ type: FindingRaised, key: derivedId('f'), id: derivedId('f', status), data: finding(status) }));
    expect(codes(await verify(await extended(1, raise('open'))))).toEqual(['R8 reported_sequence_gap']);
    expect(codes(await verify(await extended(1, raise('open', 'filled'))))).toEqual([]);
    expect(codes(await verify(await extended(1, raise('open', 'lost'))))).toEqual(['R8 reported_sequence_gap']);
  });

  it('a value that the rules need and that is not there: INCOMPLETE', async () => {
    const sample = await extended(1, () => []);
    const log = new SampleLog();
    Object.assign(log, { signer: sample.log.signer, policy: sample.log.policy });
    await log.append(sample.log.records.map((record) => (record.entry.topic.includes('decisions') ? { ...record, payload: { ...record.payload, value: undefined } } : record)));
    const report = await verify({ ...sample, log });
    expect([report.verdict, missing(report)]).toEqual(['INCOMPLETE', ['payload_missing']]);
  });
});
