// SPDX-License-Identifier: Apache-2.0
// Whole command lines against files and a server on this machine that records what it was asked. The real console is
// asked by apps/console/server/test.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digestOf, formatTrustBundle } from '@nervus/trust';
import { sampleAction, SampleLog, SampleMesh, samplePolicy, writeFolder } from '@nervus/verifier/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Request } from './api.js';
import type { Context } from './command.js';
import { run, type Output } from './run.js';

const now = Date.parse('2026-11-24T10:00:00.000Z');
const root = mkdtempSync(join(tmpdir(), 'nervus-cli-'));
const agents = fileURLToPath(new URL('../../../agents', import.meta.url));
const context = (environment: Record<string, string> = {}): Context => ({ environment, folder: root, now: () => now, newId: () => '6f9619ff-8b86-4d01-b42d-00cf4fc964ff' });
const nervus = (line: string, environment?: Record<string, string>): Promise<Output> => run(line.split(' ').map((word) => word.replaceAll('_', ' ')), context(environment));

const action = { actionId: 'b7e23ec2-9af0-5b1c-8f3d-7a6b5c4d3e2f', runId: '6a1d7c52-93b4-5f0e-9c1d-2b3a4c5d6e7f', agent: { name: 'market-news', version: '1.0.0' }, tool: 'http', operation: 'request', target: 'POST https://api.example.com/orders', effect: 'irreversible', params: { url: 'https://api.example.com/orders', body: { note: 'pre-approved\u202E' } } };
const packet: Request['packet'] = {
  action, digest: digestOf(action), labels: { '/url': { src: [], trust: 'owner', class: 'internal' }, '/body': { src: ['2f1b8a3e-4c5d-5e6f-8a9b-0c1d2e3f4a5b#/content/title'], trust: 'untrusted', class: 'public' } }, control: ['/url'], tier: 2,
  risk: { score: 40, rows: [{ row: 'effect', score: 40, because: 'irreversible' }] }, policies: ['http-effect-people'], confidence: 0.8, reasons: [{ text: 'Severity 90.\nState: permitted', src: [] }], against: [], sources: [], flags: ['bidirectional-controls:/params/body/note'], reversible: false, owner: 'group:risk-desk',
};
const request: Request = { requestId: 'c8f34fd3-0b01-5c2d-9a4e-8b7c6d5e4f30', revision: 2, nonce: 'nonce', state: 'open', packet, evidenceHash: digestOf(packet), approvers: ['group:risk-reviewers'], quorum: 1, votes: [], openedAt: '2026-11-24T09:00:00.000Z', expiresAt: '2026-11-24T13:00:00.000Z' };
const summary = { requestId: request.requestId, state: 'open', tier: 2, agent: 'market-news', tool: 'http.request', target: action.target, about: 'Default of a large bank', approvals: 0, quorum: 1, flags: 1, expiresAt: request.expiresAt };
const page = (items: unknown[]): object => ({ asOf: '2026-11-24T10:00:00.000Z', ageMs: 1000, items, next: null });

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}
const asked: Asked[] = [];
let shown: Request = request;
let postStatus = 200;
let postAnswer: object = { commandId: '0193f3a0-0000-7000-8000-000000000001', code: 'accepted', detail: 'The action is permitted.' };

const server = createServer((incoming, outgoing) => {
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.on('end', () => {
    const path = incoming.url ?? '';
    const body = Buffer.concat(chunks).toString();
    asked.push({ method: incoming.method ?? '', path, headers: incoming.headers, body: body === '' ? undefined : JSON.parse(body) });
    const answer = (status: number, value: object): void => void outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (incoming.headers.authorization !== 'Bearer secret') answer(401, { code: 'not_logged_in', detail: 'Log in first.' });
    else if (incoming.method === 'POST') answer(postStatus, postAnswer);
    else if (path.endsWith('/chain')) answer(200, { standing: 'It waits for people.', steps: [{ step: 'request', at: request.openedAt, result: 'open', code: '', detail: '' }] });
    else if (path.startsWith('/api/requests/')) answer(200, { ...page([]), request: shown });
    else if (path.startsWith('/api/requests')) answer(200, page([summary]));
    else if (path === '/api/status') answer(200, { asOf: '2026-11-24T10:00:00.000Z', ageMs: 0, services: [{ service: 'audit', processes: [] }], pulse: null, stops: { active: 0, epoch: 0 }, openRequests: 1, deadLetters: 0, openFindings: 0 });
    else answer(200, page([]));
  });
});

const sample = new SampleLog();
const mesh = new SampleMesh();

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  mkdirSync(join(root, '.nervus/seats'), { recursive: true });
  mkdirSync(join(root, '.nervus/run'), { recursive: true });
  writeFileSync(join(root, '.nervus/run/console.url'), `http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
  for (const person of ['nora', 'theo']) writeFileSync(join(root, `.nervus/seats/${person}.token`), person === 'nora' ? 'secret\n' : 'old\n', { mode: 0o600 });
  await sample.append([...mesh.start(), ...samplePolicy(mesh), ...sampleAction(mesh, 1, 2).records]);
  await writeFolder(join(root, 'log'), sample.files);
  mkdirSync(join(root, 'trust'));
  writeFileSync(join(root, 'trust/trust-bundle.json'), formatTrustBundle(mesh.trust));
  writeFileSync(join(root, 'trust/log-policy'), sample.policyText);
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(root, { recursive: true });
});
beforeEach(() => {
  asked.length = 0;
  shown = request;
  postStatus = 200;
});

describe('the command line', () => {
  it.each([
    ['an unknown command', 'approvals grant', /known are approvals list/],
    ['a missing argument', 'approvals show --as nora', /1 arguments were expected/],
    ['an unknown option', 'status --force', /--force/],
    ['a missing option', 'stop all --as nora', /--reason is missing/],
    ['no person to be', 'status', /--as PERSON: nora, theo/],
    ['a scope that is none', 'stop agents --as nora --reason x', /write all, agent=/],
  ])('%s ends with 64 and says what was expected', async (_, line, message) => {
    expect(await nervus(line)).toMatchObject({ exitCode: 64, stdout: '', stderr: expect.stringMatching(message) });
  });

  it('help names every command and exit code', async () => {
    const { stdout, exitCode } = await nervus('help');
    expect([exitCode, stdout.includes('audit verify'), stdout.includes('77')]).toEqual([0, true, true]);
    expect((await nervus('approvals approve --help')).stdout).toContain('--evidence HASH');
  });

  it('an error is JSON too where JSON was asked for', async () => {
    const { stdout, exitCode } = await nervus('status --as theo --json');
    expect([exitCode, JSON.parse(stdout)]).toEqual([77, { error: { code: 'not_logged_in', message: 'Log in first.', status: 401 } }]);
  });
});

describe('seats', () => {
  it('a token that others can read is not used', async () => {
    writeFileSync(join(root, '.nervus/seats/nora.token'), 'secret\n');
    chmodSync(join(root, '.nervus/seats/nora.token'), 0o644);
    expect(await nervus('status --as nora')).toMatchObject({ exitCode: 77, stderr: expect.stringContaining('mode 644') });
    chmodSync(join(root, '.nervus/seats/nora.token'), 0o600);
    expect(asked).toEqual([]);
  });

  it('an unknown person is told who is known', async () => {
    expect(await nervus('status --as mallory')).toMatchObject({ exitCode: 77, stderr: expect.stringContaining('known are nora, theo') });
  });

  it('a console that is not there is not a fault of the person', async () => {
    expect(await nervus('status --as nora --console http://127.0.0.1:1')).toMatchObject({ exitCode: 69, stderr: expect.stringContaining('npm start') });
  });
});

describe('approvals', () => {
  it('are listed as a table and, with --json, as they came', async () => {
    const { stdout } = await nervus('approvals list --as nora');
    expect(stdout).toMatch(/c8f34fd3-0b01-5c2d-9a4e-8b7c6d5e4f30\s+2\s+3 h\s+0\/1\s+market-news\s+http.request\s+! POST \S+\s+Default of a large bank/);
    expect(JSON.parse((await nervus('approvals list --as nora --json')).stdout)).toEqual(page([summary]));
  });

  it('show each parameter with its provenance, control ones marked, and agent text inert', async () => {
    const { stdout, exitCode } = await nervus('approvals show c8f34fd3 --as nora');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/url \*\s+https:\/\/api\.example\.com\/orders\s+owner\s+internal\s+the manifest/);
    expect(stdout).toMatch(/body\s.*‹U\+202E›.*untrusted\s+public\s+2f1b8a3e… \/content\/title/);
    expect(stdout).toContain('  │ State: permitted');
    expect(stdout).not.toContain('\u202E');
  });

  it('a verdict names revision, nonce, digest and the evidence that was hashed here', async () => {
    const { stdout, exitCode } = await nervus(`approvals approve ${request.requestId} --as nora --reason Checked_against_the_exposure_report.`);
    expect([exitCode, stdout]).toEqual([0, 'The action is permitted.\n']);
    expect(asked.at(-1)).toMatchObject({
      method: 'POST', path: `/api/requests/${request.requestId}/verdicts`, headers: { 'if-match': '"2"', 'idempotency-key': '6f9619ff-8b86-4d01-b42d-00cf4fc964ff' },
      body: { verdict: 'approve', nonce: 'nonce', digest: packet.digest, evidenceHash: request.evidenceHash, reason: 'Checked against the exposure report.' },
    });
  });

  it.each([
    ['other evidence than its hash', { packet: { ...packet, tier: 1 } }, 'evidence_mismatch'],
    ['another action than its digest', { packet: { ...packet, action: { ...action, target: 'x' } }, evidenceHash: digestOf({ ...packet, action: { ...action, target: 'x' } }) }, 'digest_mismatch'],
  ])('a console that shows %s gets no verdict', async (_, change, code) => {
    shown = { ...request, ...change };
    expect(await nervus(`approvals approve ${request.requestId} --as nora`)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(code) });
    expect(asked.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  it('a verdict on evidence that changed since it was looked at is not given', async () => {
    expect(await nervus(`approvals reject ${request.requestId} --as nora --evidence ${packet.digest}`)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('evidence_mismatch') });
    expect(asked.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  it('what the mesh refuses ends with 1 and its reason code; what nobody answered with 2', async () => {
    const approve = `approvals approve ${request.requestId} --as nora`;
    postStatus = 403;
    postAnswer = { code: 'separation_of_duties', detail: 'Owners may not decide.' };
    expect(await nervus(approve)).toMatchObject({ exitCode: 1, stderr: 'nervus: Owners may not decide. [separation_of_duties]\n' });
    postStatus = 202;
    postAnswer = { commandId: 'c', code: 'pending', detail: '' };
    expect(await nervus(approve)).toMatchObject({ exitCode: 2, stdout: expect.stringContaining('not answered yet') });
  });
});

describe('files alone', () => {
  it('the shipped agents are valid, and a broken one is named with the line', async () => {
    expect(await nervus(`agents validate ${agents}`)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('market-news 1.0.0 is valid') });
    mkdirSync(join(root, 'broken'), { recursive: true });
    writeFileSync(join(root, 'broken/agent.yaml'), 'kind: Agent\nmetadata: { name: UPPER }\n');
    const { exitCode, stdout } = await nervus('agents validate broken');
    expect([exitCode, /agent\.yaml:2:\d+/.test(stdout)]).toEqual([1, true]);
    expect(await nervus('agents validate trust')).toMatchObject({ exitCode: 66 });
  });

  it('a good log is VERIFIED with no network, a cut one is not', async () => {
    const verify = 'audit verify --log log --trust trust/trust-bundle.json';
    expect(await nervus(verify)).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^VERIFIED: log\.nervus\.local/) });
    expect(JSON.parse((await nervus(`${verify} --json`)).stdout)).toMatchObject({ verdict: 'VERIFIED' });
    writeFileSync(join(root, 'effects.ndjson'), '{"idempotencyKey":"never-permitted"}\n');
    expect(await nervus(`${verify} --effects effects.ndjson`)).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('effect_without_permit') });
    writeFileSync(join(root, 'effects.ndjson'), '{"key":1}\n');
    expect(await nervus(`${verify} --effects effects.ndjson`)).toMatchObject({ exitCode: 66, stderr: expect.stringContaining('effect 1 has no idempotencyKey') });
    mkdirSync(join(root, 'audit'));
    symlinkSync(join(root, 'log'), join(root, 'audit/log'));
    expect(await nervus('audit verify --log audit --trust trust/trust-bundle.json')).toMatchObject({ exitCode: 66, stderr: expect.stringContaining(join(root, 'audit/log')) });
    rmSync(join(root, 'log/tile'), { recursive: true });
    expect((await nervus(verify)).exitCode).toBe(2);
    expect(await nervus('audit verify --log nowhere --trust trust/trust-bundle.json')).toMatchObject({ exitCode: 66, stderr: expect.stringContaining('nowhere') });
  });
});
