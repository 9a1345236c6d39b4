// SPDX-License-Identifier: Apache-2.0
import { CheckpointSigned, PolicySetActivated, PulseBeaten, RevocationIssued, StopChanged } from '@nervus/contracts';
import { FakeClock } from '@nervus/messaging/testing';
import { hashOfActiveStops, WorkloadDirectory } from '@nervus/trust';
import { beforeEach, describe, expect, it } from 'vitest';
import { HandFedTables } from '../../test/fake-tables.js';
import { hash, start } from '../../test/sample-world.js';
import { MeshView } from './mesh-view.js';

let tables: HandFedTables;
let clock: FakeClock;
let directory: WorkloadDirectory;
let view: MeshView;

beforeEach(() => {
  tables = new HandFedTables();
  clock = new FakeClock(start);
  directory = new WorkloadDirectory();
  view = new MeshView(tables, directory, clock);
});

const at = new Date(start).toISOString();
const stop = (stopId: string, epoch: number, change: Partial<StopChanged> = {}): StopChanged => ({ stopId, tenant: 'default', scope: { kind: 'all' }, epoch, active: true, reason: 'drill', by: ['person:olga'], at, version: 1, ...change });
const policy = (version: number): Promise<void> => tables.feed(PolicySetActivated, { version, hash, by: ['installation'], at });
const pulse = (epoch: number, stops: readonly StopChanged[], policyVersion = 1): Promise<void> => tables.feed(PulseBeaten, { epoch, stopsHash: hashOfActiveStops(stops), policyVersion, at }, { appendedAt: clock.now() });

describe('what this process knows of the mesh', () => {
  it('nothing is new before the first pulse, and age counts from when the broker appended it', async () => {
    await policy(1);
    expect(view.now().pulseAgeMs).toBeUndefined();
    await pulse(0, []);
    await clock.advance(4_000);
    expect(view.now()).toMatchObject({ pulseAgeMs: 4_000, policy: { version: 1, hash }, stopEpoch: 0 });
  });

  it('audit is silent since its newest checkpoint, and before the first one since the start', async () => {
    await clock.advance(7_000);
    expect(view.now().auditSilentMs).toBe(7_000);
    await tables.feed(CheckpointSigned, { size: 1, root: hash, note: '' }, { appendedAt: start + 5_000 });
    await tables.feed(CheckpointSigned, { size: 1, root: hash, note: '' }, { appendedAt: start + 2_000 });
    expect(view.now().auditSilentMs).toBe(2_000);
  });

  it('pulses of a stop that did not arrive make nothing new: a partitioned stop feed grows stale', async () => {
    await policy(1);
    await pulse(0, []);
    await clock.advance(10_000);
    await pulse(1, [stop('a', 1)]);
    expect(view.now().pulseAgeMs).toBe(10_000);
    await tables.feed(StopChanged, stop('a', 1), { key: 'default/a' });
    expect(view.now().pulseAgeMs).toBe(0);
  });

  it('a stop that was lost under a newer one is noticed by the hash', async () => {
    await policy(1);
    await tables.feed(StopChanged, stop('b', 2), { key: 'default/b' });
    await pulse(2, [stop('a', 1), stop('b', 2)]);
    expect(view.now().pulseAgeMs).toBeUndefined();
  });

  it('pulses of a policy set that was not seen make nothing new', async () => {
    await policy(1);
    await pulse(0, [], 2);
    expect(view.now().pulseAgeMs).toBeUndefined();
    await policy(2);
    expect(view.now()).toMatchObject({ pulseAgeMs: 0, policy: { version: 2 } });
    await policy(1);
    expect(view.now().policy).toMatchObject({ version: 2 });
  });

  it('a pulse that is ahead does not take away what the last one confirmed', async () => {
    await policy(1);
    await pulse(0, []);
    await clock.advance(1_000);
    await pulse(1, [stop('a', 1)]);
    expect(view.now().pulseAgeMs).toBe(1_000);
  });

  it('a lifted stop stays known with its epoch, an older version changes nothing', async () => {
    await tables.feed(StopChanged, stop('a', 2, { active: false, version: 2 }), { key: 'default/a' });
    await tables.feed(StopChanged, stop('a', 1), { key: 'default/a' });
    expect([...view.now().stops]).toMatchObject([{ epoch: 2, active: false }]);
    expect(view.now().stopEpoch).toBe(2);
  });

  it('revocations are those of the directory', () => {
    directory.revoke({ subject: 'permit:1', at, reason: 'x', expiresAt: at, version: 1 } satisfies RevocationIssued);
    expect(view.now().revoked('permit:1')).toBe(true);
    expect(view.now().revoked('permit:2')).toBe(false);
  });
});
