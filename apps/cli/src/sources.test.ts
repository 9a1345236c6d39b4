// SPDX-License-Identifier: Apache-2.0
// The commands about sources and subscribers: against files, and against a server on this machine that records what it
// was asked. The real console and ingestion are asked elsewhere.
import { createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Context } from './command.js';
import { type Output, run } from './run.js';

const root = mkdtempSync(join(tmpdir(), 'nervus-sources-'));
const token = 't'.repeat(40);
let server: Server;
let environment: Record<string, string>;
const asked: { readonly path: string; readonly body: unknown }[] = [];

const nervus = (...words: string[]): Promise<Output> => run(words, { environment, folder: root, now: () => Date.parse('2026-11-24T10:00:00.000Z'), newId: () => 'an-idempotency-key' } satisfies Context);
const write = (name: string, text: string): void => writeFileSync(join(root, name), text);
const manifest = (spec: string): string => `apiVersion: nervus.dev/v1\nkind: Source\nmetadata: {name: orders, owner: group:shop}\nspec:\n  subject: {pointer: /customer, otherwise: orders}\n  class: internal\n${spec}`;

beforeAll(async () => {
  write('orders.yaml', manifest('  kind: webhook\n  auth: {kind: github, secretFiles: [s]}\n'));
  write('open.yaml', manifest(`  kind: webhook\n  auth: {kind: none, pathToken: ${token}}\n`));
  write('broken.yaml', manifest('  kind: webhook\n  auth: {kind: basic}\n  colour: red\n'));
  write('body.json', '{"customer":"c-1","note":"\u202Eevil"}');
  mkdirSync(join(root, 'data', 'seats'), { recursive: true });
  writeFileSync(join(root, 'data', 'seats', 'nora.token'), 's'.repeat(40), { mode: 0o600 });
  write('secret', 'a-secret-of-sixteen-bytes-or-more');
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      asked.push({ path: `${request.method} ${request.url}`, body: chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : undefined });
      const list = { asOf: '2026-11-24T10:00:00.000Z', ageMs: 1000, next: null, items: [{ name: 'orders', kind: 'webhook', owner: 'group:shop', managedBy: 'commands', paused: true, manifest: {}, version: 3, reason: 'r', by: 'launcher/olga', at: '2026-11-24T09:00:00.000Z' }] };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(request.method === 'GET' ? list : { commandId: 'c', code: 'accepted', detail: 'orders stands, as version 1.' }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  environment = { NERVUS_CONSOLE: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, NERVUS_DATA: join(root, 'data') };
});
beforeEach(() => void asked.splice(0));
afterAll(() => {
  server.close();
  rmSync(root, { recursive: true, force: true });
});

describe('nervus sources validate', () => {
  it('names every fault of a file with its place, and ends with 1', async () => {
    const { stdout, exitCode } = await nervus('sources', 'validate', 'broken.yaml');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('broken.yaml:8:10 /spec/auth/kind must be one of');
    expect((await nervus('sources', 'validate', 'orders.yaml')).exitCode).toBe(0);
    expect(JSON.parse((await nervus('sources', 'validate', '.', '--json')).stdout)).toMatchObject({ valid: false, sources: [{ valid: false }, { valid: true, name: 'orders' }, { valid: true }] });
  });

  it('what is not there is said, not taken for valid', async () => {
    expect(await nervus('sources', 'validate', 'none.yaml')).toMatchObject({ exitCode: 66, stderr: expect.stringContaining('none.yaml does not exist') });
  });
});

describe('nervus sources test', () => {
  it('shows the signal, with hostile text made visible', async () => {
    const { stdout, exitCode } = await nervus('sources', 'test', 'orders.yaml', '--event', 'body.json');
    expect([exitCode, stdout.includes('subject c-1'), stdout.includes('\u202E')]).toEqual([0, true, false]);
  });

  it('checks the signature of a captured request where the secret is given', async () => {
    const sum = createHmac('sha256', 'a-secret-of-sixteen-bytes-or-more').update('{"customer":"c-1","note":"\u202Eevil"}').digest('hex');
    write('headers', `X-Hub-Signature-256: sha256=${sum}\r\nX-GitHub-Delivery: d-1\r\n`);
    const checked = (...more: string[]) => nervus('sources', 'test', 'orders.yaml', '--event', 'body.json', '--headers', 'headers', '--secret', 'secret', '--json', ...more);
    expect(JSON.parse((await checked()).stdout)).toMatchObject({ kind: 'signals', signals: [{ data: { origin: { id: 'd-1' } } }] });
    write('headers', `X-Hub-Signature-256: sha256=${'0'.repeat(64)}\n`);
    expect(await checked()).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('signature_invalid') });
  });
});

describe('nervus sources apply, list, pause, resume', () => {
  it('a path token leaves this machine as its hash only', async () => {
    expect(await nervus('sources', 'apply', 'open.yaml', '--reason', 'live', '--as', 'nora')).toMatchObject({ exitCode: 0, stdout: 'orders stands, as version 1.\n' });
    expect(asked).toMatchObject([{ path: 'POST /api/sources', body: { dryRun: false, reason: 'live', manifest: { metadata: { name: 'orders' }, spec: { auth: { kind: 'none', pathTokenSha256: expect.stringMatching(/^[\w-]{43}$/) } } } } }]);
    expect(JSON.stringify(asked)).not.toContain(token);
  });

  it('a manifest with faults is not sent', async () => {
    expect(await nervus('sources', 'apply', 'broken.yaml', '--reason', 'live', '--as', 'nora')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('/spec/auth/kind') });
    expect(asked).toEqual([]);
  });

  it('a dry run says that nothing changed', async () => {
    expect((await nervus('sources', 'apply', 'orders.yaml', '--dry-run', '--reason', 'live', '--as', 'nora')).stdout).toContain('dry run, nothing changed');
    expect(asked[0]?.body).toMatchObject({ dryRun: true });
  });

  it('the list says what is paused and by whom', async () => {
    expect((await nervus('sources', 'list', '--as', 'nora')).stdout).toMatch(/orders +webhook +paused +group:shop +commands +3 +60 min ago by launcher\/olga/);
  });

  it('pausing and going on are asked for by name', async () => {
    await nervus('sources', 'pause', 'orders', '--reason', 'twice', '--as', 'nora');
    await nervus('sources', 'resume', 'orders', '--reason', 'mended', '--as', 'nora');
    expect(asked.map(({ path }) => path)).toEqual(['POST /api/sources/orders/pause', 'POST /api/sources/orders/resume']);
    expect(await nervus('sources', 'pause', '../x', '--reason', 'r', '--as', 'nora')).toMatchObject({ exitCode: 64 });
  });
});

describe('nervus subscribers add', () => {
  it('prints rules for Kafka that name every topic, and groups of its own', async () => {
    const { stdout } = await nervus('subscribers', 'add', 'shop', '--prefix', 'eu.', '--principal', 'User:CN=shop');
    expect(stdout.trim().split('\n')).toHaveLength(6);
    expect(stdout).toContain("--allow-principal 'User:CN=shop' --operation Read --operation Describe --topic 'eu.nervus.reasoning.intelligence.v1' --resource-pattern-type literal");
    expect(stdout).toContain("--group 'eu.subscriber.shop.' --resource-pattern-type prefixed");
  });

  it('prints a user for Strimzi that is YAML', async () => {
    const user = parse((await nervus('subscribers', 'add', 'shop', '--form', 'strimzi')).stdout) as { spec: { authorization: { acls: unknown[] } } };
    expect(user).toMatchObject({ kind: 'KafkaUser', metadata: { name: 'shop', labels: { 'strimzi.io/cluster': 'nervus' } } });
    expect(user.spec.authorization.acls).toContainEqual({ resource: { type: 'group', name: 'subscriber.shop.', patternType: 'prefix' }, operations: ['Read', 'Delete', 'Describe'] });
  });

  it.each([['Shop'], ['a b'], ["x'; rm"]])('the name %s is refused', async (name) => {
    expect((await nervus('subscribers', 'add', name)).exitCode).toBe(64);
  });

  it('a principal that would end the quotes of a shell is refused', async () => {
    expect((await nervus('subscribers', 'add', 'shop', '--principal', "User:a' --x")).exitCode).toBe(64);
  });
});
