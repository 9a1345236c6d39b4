// SPDX-License-Identifier: Apache-2.0
// The command line against the console itself, so that neither changes without the other. Approval is played.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { consoleService } from '@nervus/console';
import { type DataOf, derivedId, ownTopics, PulseBeaten, RequestChanged, type RecordType, rootId, StopChanged, StopRequested, VerdictGiven } from '@nervus/contracts';
import { ServiceWorld } from '@nervus/testing';
import { digestOf } from '@nervus/trust';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Output, run } from '../src/run.js';

const { CommandAnswered } = ownTopics('approval');
const hash = (text: string): string => createHash('sha256').update(text).digest('base64url');
const [example] = RequestChanged.examples as [RequestChanged];
const packet = { ...example.packet, digest: digestOf(example.packet.action) };
const request: RequestChanged = { ...example, packet, evidenceHash: digestOf(packet), openedAt: new Date().toISOString(), expiresAt: new Date(Date.now() + 3_600_000).toISOString() };

let world: ServiceWorld;
const nervus = (...words: string[]): Promise<Output> => run([...words, '--as', 'nora'], { environment: {}, folder: world.folder, now: Date.now, newId: randomUUID });
const publish = <R extends RecordType>(type: R, key: string, data: DataOf<R>, extensions: Record<string, string> = {}): Promise<unknown> => world.publish(type, { tenant: 'default', key, id: rootId(Date.now()), data, extensions });
const answer = (commandId: string, code: string, status: number, detail: string): Promise<unknown> => world.publish(CommandAnswered, { key: commandId, id: derivedId('answer', commandId), data: { commandId, code, status, detail } });
const eventually = async (words: string[], fits: (output: Output) => boolean): Promise<Output> => {
  let output = await nervus(...words);
  await world.when(async () => fits((output = await nervus(...words))), `a fitting ${words.join(' ')}`);
  return output;
};

beforeAll(async () => {
  world = await ServiceWorld.open('console');
  const seats = join(world.folder, '.nervus/seats');
  mkdirSync(seats, { recursive: true });
  mkdirSync(join(world.folder, '.nervus/run'), { recursive: true });
  const token = randomBytes(32).toString('base64url');
  writeFileSync(join(seats, 'nora.token'), `${token}\n`, { mode: 0o600 });
  writeFileSync(join(seats, 'seats.json'), JSON.stringify([{ person: 'nora', issuer: 'launcher', subject: 'nora', roles: ['viewer', 'reviewer', 'operator'], tokenHash: hash(token) }]));
  const service = await world.start(consoleService, { NERVUS_SEATS: seats });
  writeFileSync(join(world.folder, '.nervus/run/console.url'), `http://127.0.0.1:${service.httpPort}\n`);
  await world.publish(PulseBeaten, { key: 'pulse', id: rootId(Date.now()), data: PulseBeaten.examples[0]! });
  await publish(RequestChanged, request.requestId, request);
});
afterAll(() => world.close());

describe('the command line and the console', () => {
  it('a request is listed, shown with its evidence checked, and approved once', async () => {
    await eventually(['approvals', 'list'], ({ stdout }) => stdout.includes(request.requestId));
    const shown = await nervus('approvals', 'show', request.requestId.slice(0, 8));
    expect([shown.exitCode, shown.stderr]).toEqual([0, '']);
    expect(shown.stdout).toContain(`evidence       ${request.evidenceHash}`);
    expect(shown.stdout).toContain('It waits for people.');
    const approving = nervus('approvals', 'approve', request.requestId, '--reason', 'Checked against the exposure report.', '--evidence', request.evidenceHash, '--json');
    const [given] = await world.until(VerdictGiven);
    expect(given?.data).toMatchObject({ verdict: 'approve', evidenceHash: request.evidenceHash, digest: packet.digest, nonce: request.nonce, revision: 1, by: { account: { issuer: 'launcher', subject: 'nora' } } });
    await answer(given!.data.commandId, 'accepted', 200, 'The action is permitted.');
    const { stdout, exitCode } = await approving;
    expect([exitCode, JSON.parse(stdout)]).toEqual([0, { requestId: request.requestId, commandId: given?.data.commandId, code: 'accepted', detail: 'The action is permitted.' }]);
  });

  it('a refusal of approval ends with its code', async () => {
    const rejecting = nervus('approvals', 'reject', request.requestId, '--reason', 'Too late, I know.');
    const given = await world.until(VerdictGiven, ({ verdict }) => verdict === 'reject');
    await answer(given[0]!.data.commandId, 'already_decided', 409, 'This request is permitted (approved).');
    expect(await rejecting).toMatchObject({ exitCode: 1, stderr: 'nervus: This request is permitted (approved). [already_decided]\n' });
  });

  it('a stop is thrown and stands in the status', async () => {
    const stopping = nervus('stop', 'agent=market-news', '--reason', 'A test feed.');
    const [asked] = await world.until(StopRequested);
    const { commandId: stopId, scope } = asked!.data;
    await publish(StopChanged, stopId, { ...StopChanged.examples[0]!, stopId, scope, at: new Date().toISOString() }, { stop: '4:active:agent=market-news' });
    await answer(stopId, 'accepted', 200, `Stop ${stopId} holds from epoch 4.`);
    expect(await stopping).toMatchObject({ exitCode: 0, stdout: `Stop ${stopId} holds from epoch 4.\n` });
    const { stdout } = await eventually(['status'], (output) => output.stdout.includes(stopId));
    expect(stdout).toMatch(/console\s+(opened|beating)/);
    expect(stdout).toMatch(/Active stops[\s\S]*agent=market-news\s+4\s+person:olga\s+Alerts about a test feed\./);
    expect(stdout).toContain('policy set 1');
  });

  it('dead letters can be listed, also when there are none', async () => {
    expect(await nervus('dlq', 'list')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('there are no dead letters') });
  });
});
