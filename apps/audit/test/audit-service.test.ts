// SPDX-License-Identifier: Apache-2.0
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { physicalName, topics } from '@nervus/contracts';
import { digestOfBytes } from '@nervus/trust';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditMesh } from './audit-mesh.js';

describe('audit over a real broker', () => {
  let mesh: AuditMesh;
  const keys: string[] = [];

  beforeAll(async () => {
    mesh = await AuditMesh.open();
    // Written before audit first runs: it reads from the beginning.
    for (let n = 0; n < 10; n++) keys.push((await mesh.act(n, 1)).idempotencyKey);
    await mesh.start();
  });
  afterAll(() => mesh.close());

  it('an intent is receipted by its own leaf, at its place in the log, behind its decision', async () => {
    const { idempotencyKey, intentLeaf } = await mesh.act(100, 2);
    keys.push(idempotencyKey);
    await mesh.until('the receipt of the intent', () => mesh.intents().some(({ leaf }) => leaf === intentLeaf));
    const receipt = mesh.intents().find(({ leaf }) => leaf === intentLeaf)!;
    await mesh.until('the batch receipt', () => mesh.receipted()[receipt.index] === intentLeaf);
    expect(mesh.fatal).toEqual([]);
  });

  it('a forged record is told of and has no entry (abuse case 7)', async () => {
    const producer = await mesh.client.producer();
    const topic = physicalName(topics.approval.decisions, mesh.prefix);
    await producer.send([{ topic, key: Buffer.from('default/x'), value: Buffer.from('{"result":"permitted"}'), headers: { ce_type: Buffer.from('nervus.approval.decision-made.v1'), ce_id: Buffer.from('forged') } }]);
    await producer.close();
    await mesh.until('the finding', () => mesh.findings().some(({ code }) => code === 'forged_record'));
    expect(mesh.findings().find(({ code }) => code === 'forged_record')).toMatchObject({ rule: 'capture', status: 'open', detail: expect.stringContaining(digestOfBytes('{"result":"permitted"}')) });
  });

  it('what was sent is served: checkpoint, tiles, proofs; nothing can be written, nothing else is there', async () => {
    const url = `http://127.0.0.1:${mesh.running.httpPort}`;
    let checkpoint = '';
    await mesh.until('a checkpoint', () => {
      void fetch(`${url}/checkpoint`).then(async (response) => {
        if (response.status === 200) checkpoint = await response.text();
        return undefined;
      });
      return checkpoint !== '';
    });
    const [origin, size] = checkpoint.split('\n');
    expect(origin).toBe('log.nervus.local');
    expect(Number(size)).toBeGreaterThan(40);
    expect(await (await fetch(`${url}/keys`)).text()).toMatch(/^log\.nervus\.local\+/);
    const proof = (await (await fetch(`${url}/proof/index/3`)).json()) as { leaf: string; path: string[] };
    expect(proof.leaf).toBe(mesh.receipted()[3]);
    const bundle = await fetch(`${url}/tile/entries/000.p/${size}`);
    expect([bundle.status, bundle.headers.get('cache-control')]).toEqual([200, 'private']);
    expect((await fetch(`${url}/proof/consistency/5/${size}`)).status).toBe(200);
    expect((await fetch(`${url}/checkpoint`, { method: 'HEAD' })).status).toBe(200);
    for (const path of ['/', '/tile/0/999', '/../log.key', '/checkpoints/x', '/journal/1-0.journal', '/proof/index/999999']) expect((await fetch(url + path)).status).toBe(404);
    const post = await fetch(`${url}/checkpoint`, { method: 'POST', body: 'x' });
    expect([post.status, post.headers.get('content-type')]).toEqual([405, 'application/problem+json']);
  });

  it('a stopped log is VERIFIED by a stranger, every effect found by its key, and a restart goes on with it', async () => {
    await mesh.stop();
    const effects = keys.map((idempotencyKey) => ({ idempotencyKey }));
    const report = await mesh.verify(mesh.logFolder, effects);
    expect([report.verdict, report.violations, report.incomplete]).toEqual(['VERIFIED', [], []]);
    expect(report).toMatchObject({ effects: { reported: 11, withoutPermit: 0 }, counts: { permittedActions: 11, payloadsMissing: 0 } });
    const before = mesh.receipted();

    await mesh.start();
    keys.push((await mesh.act(200, 2)).idempotencyKey);
    await mesh.until('the receipt of the later intent', () => mesh.intents().length === 2);
    await mesh.stop();
    expect(mesh.receipted().slice(0, before.length)).toEqual(before);
    const after = await mesh.verify(mesh.logFolder, keys.map((idempotencyKey) => ({ idempotencyKey })));
    expect([after.verdict, after.violations, after.incomplete]).toEqual(['VERIFIED', [], []]);
    expect(after.counts.entries).toBeGreaterThan(report.counts.entries);
    expect(mesh.fatal).toEqual([]);
  });

  it('one changed byte in any file of a copy, or a file that is gone, and it is VERIFIED no more (abuse case 18)', async () => {
    const copy = join(await mkdtemp(join(tmpdir(), 'nervus-copy-')), 'log');
    await cp(mesh.logFolder, copy, { recursive: true });
    await rm(join(copy, 'journal'), { recursive: true });
    expect(await mesh.verify(copy)).toMatchObject({ verdict: 'VERIFIED' });
    const newest = (await readFile(join(copy, 'checkpoint'), 'utf8')).split('\n')[1];
    const files = (await readdir(copy, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => relative(copy, join(entry.parentPath, entry.name)));
    const current = files.filter((file) => !file.includes('.p/') || file.endsWith(`.p/${newest}`));
    expect(current.length).toBeGreaterThan(4);
    for (const file of current) {
      const path = join(copy, file);
      const bytes = await readFile(path);
      const altered = Buffer.from(bytes);
      const at = Math.floor(bytes.length / 2);
      altered[at] = altered[at]! ^ 4;
      await writeFile(path, altered);
      expect(`${file} ${(await mesh.verify(copy)).verdict}`).not.toBe(`${file} VERIFIED`);
      await writeFile(path, bytes);
      if (file.startsWith('checkpoints/')) continue;
      await rm(path);
      expect(`${file} ${(await mesh.verify(copy)).verdict}`).not.toBe(`${file} VERIFIED`);
      await writeFile(path, bytes);
    }
    await rm(join(copy, '..'), { recursive: true });
  });
});

describe('rules over a real broker', () => {
  it('a tier 1 outcome without any decision: a finding R1, and VIOLATION by a stranger (abuse case 22)', async () => {
    const mesh = await AuditMesh.open();
    try {
      await mesh.start();
      await mesh.act(1, 1, { decided: false });
      await mesh.until('the finding', () => mesh.findings().some(({ rule }) => rule === 'R1'), 45_000);
      expect(mesh.findings().find(({ rule }) => rule === 'R1')).toMatchObject({ code: 'decision_missing', severity: 'violation', status: 'open' });
      await mesh.stop();
      const report = await mesh.verify();
      expect(report.verdict).toBe('VIOLATION');
      expect(report.violations.map(({ rule, code }) => `${rule} ${code}`)).toContain('R1 decision_missing');
    } finally {
      await mesh.close();
    }
  });
});
