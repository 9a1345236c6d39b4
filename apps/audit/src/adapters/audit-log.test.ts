// SPDX-License-Identifier: Apache-2.0
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { sampleAction, samplePolicy, SampleMesh, type SampleRecord } from '@nervus/verifier/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { leavesOf, LogHarness } from '../testing/log-harness.js';

let harness: LogHarness;
beforeEach(async () => {
  harness = await LogHarness.create();
});
afterEach(() => harness.remove());

const unavailable = new Error('away');
const fullOf = (mesh: SampleMesh, actions: number, from = 0): SampleRecord[] => Array.from({ length: actions }, (_, n) => sampleAction(mesh, from + n, n % 2 === 0 ? 1 : 2).records).flat();
const farewell = (mesh: SampleMesh): SampleRecord[] => [...mesh.processes.values()].flatMap((process) => process.beat('closed'));

function startedMesh(): { mesh: SampleMesh; started: SampleRecord[] } {
  const mesh = new SampleMesh();
  return { mesh, started: [...mesh.start(), ...samplePolicy(mesh)] };
}

/** A process that was killed: nobody waits for it any more. */
const killed = (submitted: Promise<void>): void => void submitted.catch(() => undefined);

describe('a process that dies between two steps of an append leaves a log that goes on without loss or duplicate', () => {
  it('after the journal, before the commit', async () => {
    const { mesh, started } = startedMesh();
    const log = await harness.open();
    await harness.submit(log, started);
    harness.store.failure = unavailable;
    const records = fullOf(mesh, 3);
    killed(harness.submit(log, records));
    await vi.waitFor(() => expect(harness.problems.get('append')).toBe('away'));
    harness.store.failure = undefined;
    const after = await harness.open();
    expect(after.writer.size).toBe(started.length);
    await harness.submit(after, [...started, ...records, ...farewell(mesh)]);
    await after.close();
    expect(await harness.verify(mesh.trust)).toMatchObject({ verdict: 'VERIFIED', counts: { entries: started.length + records.length + 7 } });
  });

  it('after the commit, before Kafka has the receipt', async () => {
    const { mesh, started } = startedMesh();
    const log = await harness.open();
    await harness.submit(log, started);
    harness.brokerFailure = unavailable;
    const records = fullOf(mesh, 3);
    killed(harness.submit(log, records));
    await vi.waitFor(() => expect(harness.problems.get('append')).toBe('away'));
    expect(harness.receipted()).toEqual(leavesOf(started));
    harness.brokerFailure = undefined;
    const after = await harness.open();
    expect(after.writer.size).toBe(started.length + records.length);
    expect(harness.receipted()).toEqual(leavesOf([...started, ...records]));
    await harness.submit(after, [...records, ...farewell(mesh)]);
    expect(harness.intents().length).toBeGreaterThan(0);
    await after.close();
    expect(await harness.verify(mesh.trust)).toMatchObject({ verdict: 'VERIFIED', counts: { entries: started.length + records.length + 7 } });
  });

  it('in the middle of writing the journal', async () => {
    const { mesh, started } = startedMesh();
    const log = await harness.open();
    await harness.submit(log, started);
    const [segment] = await readdir(join(harness.folder, 'journal'));
    const path = join(harness.folder, 'journal', segment!);
    await writeFile(path, Buffer.concat([await readFile(path), Buffer.from([0, 0, 1, 0, 9, 9, 9, 9, 1, 2, 3])]));
    const after = await harness.open();
    expect(after.writer.size).toBe(started.length);
    await harness.submit(after, farewell(mesh));
    await after.close();
    expect(await harness.verify(mesh.trust)).toMatchObject({ verdict: 'VERIFIED' });
  });

  it('before bundles, tiles and checkpoint were written: they are made again from the journal', async () => {
    const { mesh, started } = startedMesh();
    const log = await harness.open();
    const records = [...started, ...fullOf(mesh, 120), ...farewell(mesh)];
    await harness.submit(log, records);
    await log.checkpoints.sign(true);
    // What a crash before the first bundle would have left: the journal is dropped only behind full bundles.
    await rm(join(harness.folder, 'tile'), { recursive: true, force: true });
    await rm(join(harness.folder, 'payload'), { recursive: true, force: true });
    await (await harness.open()).close();
    expect(await harness.verify(mesh.trust)).toMatchObject({ verdict: 'VERIFIED', counts: { entries: records.length } });
  });
});

describe('what was lost or altered behind the writer', () => {
  async function closedLog(): Promise<{ mesh: SampleMesh; records: SampleRecord[] }> {
    const { mesh, started } = startedMesh();
    const records = [...started, ...fullOf(mesh, 120)];
    const log = await harness.open();
    await harness.submit(log, records);
    await log.close();
    return { mesh, records };
  }

  it('an old database: the journal still has what was published, and the log goes on from there', async () => {
    const { mesh, started } = startedMesh();
    const log = await harness.open();
    await harness.submit(log, started);
    const old = await harness.store.read('log');
    await harness.submit(log, fullOf(mesh, 3));
    await log.close();
    await harness.store.apply('log', 'restored from a backup', () => ({ state: old!.state, events: [] }));
    const after = await harness.open();
    expect(after.writer.size).toBe(harness.receipted().length);
    await harness.submit(after, farewell(mesh));
    await after.close();
    expect(await harness.verify(mesh.trust)).toMatchObject({ verdict: 'VERIFIED' });
  });

  it('an empty database over a folder with a log', async () => {
    const { mesh, records } = await closedLog();
    await harness.store.apply('log', 'emptied', () => ({ state: { size: 0, root: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU', frontier: [], watermarks: [], fence: 0, holder: '', leaseUntil: 0 }, events: [] }));
    const after = await harness.open();
    expect(after.writer.size).toBe(records.length);
    await harness.submit(after, farewell(mesh));
    await after.close();
    expect(await harness.verify(mesh.trust)).toMatchObject({ verdict: 'VERIFIED' });
  });

  it('a lost folder: nothing is served or signed', async () => {
    await closedLog();
    const before = harness.published.length;
    await rm(harness.folder, { recursive: true });
    await expect(harness.open()).rejects.toMatchObject({ code: 'log_behind_head' });
    expect(harness.published.length).toBe(before);
  });

  it('a folder and a database from an old backup are behind what Kafka has (silently truncated)', async () => {
    const { mesh, started } = startedMesh();
    const log = await harness.open();
    await harness.submit(log, started);
    await log.close();
    const old = await harness.store.read('log');
    await cp(harness.folder, join(harness.root, 'backup'), { recursive: true });
    const more = await harness.open();
    await harness.submit(more, fullOf(mesh, 3));
    await more.close();
    await rm(harness.folder, { recursive: true });
    await cp(join(harness.root, 'backup'), harness.folder, { recursive: true });
    await harness.store.apply('log', 'restored from a backup', () => ({ state: old!.state, events: [] }));
    await expect(harness.open()).rejects.toMatchObject({ code: 'log_behind_published' });
  });

  it.each([
    ['tile/entries/000', 'root_mismatch'],
    ['tile/0/001', 'file_differs'],
  ])('%s altered: refused', async (path, code) => {
    await closedLog();
    const file = join(harness.folder, path);
    const bytes = await readFile(file);
    bytes[40] = bytes[40]! ^ 1;
    await writeFile(file, bytes);
    await expect(harness.open()).rejects.toMatchObject({ code: expect.stringMatching(code === 'root_mismatch' ? /root_mismatch|split_view|malformed/ : code) });
  });

  it('a writer that was paused for too long finds that it may no longer write', async () => {
    const { mesh, started } = startedMesh();
    const paused = await harness.open();
    await harness.submit(paused, started);
    const successor = await harness.open();
    await expect(harness.submit(paused, mesh.of('audit').beat('beating'))).rejects.toMatchObject({ code: 'lease_lost' });
    expect(harness.fatal).toMatchObject([{ code: 'lease_lost' }]);
    await harness.submit(successor, mesh.of('action').beat('beating'));
    await successor.close();
  });
});

describe('what the log needs is away (abuse case 10)', () => {
  it.each(['database', 'broker'])('the %s: no receipt, health red; back again, nothing is lost or doubled', async (what) => {
    const { mesh, started } = startedMesh();
    const log = await harness.open();
    await harness.submit(log, started);
    const before = harness.published.length;
    if (what === 'database') harness.store.failure = unavailable;
    else harness.brokerFailure = unavailable;
    const records = fullOf(mesh, 5);
    const submitted = harness.submit(log, records);
    await vi.waitFor(() => expect(harness.problems.get('append')).toBe('away'));
    expect([harness.published.length, harness.intents()]).toEqual([before, []]);
    harness.store.failure = undefined;
    harness.brokerFailure = undefined;
    await submitted;
    await harness.submit(log, farewell(mesh));
    expect(harness.problems.size).toBe(0);
    expect(harness.intents()).toHaveLength(2);
    await log.close();
    expect(await harness.verify(mesh.trust)).toMatchObject({ verdict: 'VERIFIED', counts: { entries: started.length + records.length + 7 } });
  });
});

describe('a full disk (abuse case 10)', () => {
  const mountable = ((): boolean => {
    try {
      execFileSync('sh', ['-c', 'd=$(mktemp -d) && mount -t tmpfs -o size=64k tmpfs "$d" && umount "$d" && rmdir "$d"'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  })();

  it('no receipt, no effect, health red; when there is room again nothing is lost or doubled', async ({ skip }) => {
    skip(!mountable, 'a full disk needs the right to mount');
    await mkdir(harness.folder, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', harness.folder]);
    try {
      const { mesh, started } = startedMesh();
      const log = await harness.open();
      await harness.submit(log, started);
      const ballast = join(harness.folder, 'ballast');
      await writeFile(ballast, Buffer.alloc(2 ** 20)).catch(() => undefined);
      const receiptsBefore = harness.receipted().length;
      const records = fullOf(mesh, 20);
      const submitted = harness.submit(log, records);
      await vi.waitFor(() => expect(harness.problems.get('append')).toMatch(/ENOSPC/));
      expect(harness.receipted()).toHaveLength(receiptsBefore);
      expect(harness.intents()).toEqual([]);
      await rm(ballast);
      await submitted;
      await harness.submit(log, farewell(mesh));
      expect(harness.problems.size).toBe(0);
      await log.close();
      expect(harness.receipted()).toEqual([...leavesOf([...started, ...records]), ...harness.receipted().slice(-7)]);
      expect(await harness.verify(mesh.trust)).toMatchObject({ verdict: 'VERIFIED', counts: { entries: started.length + records.length + 7 } });
    } finally {
      execFileSync('umount', [harness.folder]);
    }
  });
});
