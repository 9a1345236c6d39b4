// SPDX-License-Identifier: Apache-2.0
// Whole command lines against a server on this machine that answers as the edge does.
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { run, type Output } from '../run.js';

const folder = mkdtempSync(join(tmpdir(), 'nervus-events-'));
const got: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
const edge = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (part: string) => void (body += part)).on('end', () => {
    got.push({ headers: request.headers, body });
    if (body.includes('"bad"')) response.writeHead(400).end(JSON.stringify({ code: 'event_invalid', detail: 'No good\u001B[2J.' }));
    else response.writeHead(202).end(JSON.stringify({ id: `signal-of-${body.length}`, duplicate: false }));
  });
});
const send = (...words: string[]): Promise<Output> => run(['events', 'send', '--url', `http://127.0.0.1:${(edge.address() as AddressInfo).port}/v1/default/orders`, ...words], { environment: {}, folder, now: () => 0, newId: () => 'id' });

beforeAll(async () => {
  await new Promise<void>((resolve) => edge.listen(0, '127.0.0.1', resolve));
  writeFileSync(join(folder, 'secret'), 'a secret\n');
  writeFileSync(join(folder, 'one.json'), '{"total": 5}');
  writeFileSync(join(folder, 'many.ndjson'), '{"n":1}\n\n{"n":"bad"}\n{"n":3}\n');
  writeFileSync(join(folder, 'broken.ndjson'), '{"n":1}\n{"n":\n');
});
beforeEach(() => void got.splice(0));
afterAll(() => {
  edge.close();
  rmSync(folder, { recursive: true });
});

it('sends one event under its id, signed, and prints the id of its signal', async () => {
  const output = await send('--data', 'one.json', '--secret-file', 'secret', '--id', 'order-7');
  expect(output).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('signal-of-11') });
  const [{ headers, body }] = got as [(typeof got)[number]];
  expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', 'a secret').update(`order-7.${String(headers['webhook-timestamp'])}.${body}`).digest('base64')}`);
});

it('names the line that was refused, prints the reason inert, sends the others and ends with 1', async () => {
  const output = await send('--data', 'many.ndjson', '--ndjson');
  expect(output.exitCode).toBe(1);
  expect(output.stdout).toMatch(/line 3\s+event_invalid/);
  expect(output.stdout).not.toContain('\u001B');
  expect(got.length).toBe(3);
});

it('says which line is no JSON, and still which events before it were accepted', async () => {
  const output = await send('--data', 'broken.ndjson', '--ndjson');
  expect(output.exitCode).toBe(1);
  expect(output.stdout).toContain('line 2 is not JSON');
  expect(output.stdout).toMatch(/line 1\s+accepted\s+signal-of-7/);
});

it('sends a CloudEvent with its type and subject', async () => {
  expect((await send('--data', 'one.json', '--cloudevent', '--type', 'order.placed', '--subject', 'order-7')).exitCode).toBe(0);
  expect(JSON.parse(got[0]!.body)).toMatchObject({ type: 'order.placed', subject: 'order-7', source: 'urn:nervus:cli', data: { total: 5 } });
});

it('refuses options that would be ignored, and a file that is not there', async () => {
  expect(await send('--data', 'one.json', '--type', 'a')).toMatchObject({ exitCode: 64 });
  expect(await send('--data', 'one.json', '--subject', 'a')).toMatchObject({ exitCode: 64 });
  expect(await send('--data', 'many.ndjson', '--ndjson', '--id', 'a')).toMatchObject({ exitCode: 64 });
  expect(await send('--data', 'none.json')).toMatchObject({ exitCode: 66 });
  expect(await send('--data', 'none.ndjson', '--ndjson')).toMatchObject({ exitCode: 66 });
  expect(got).toEqual([]);
});

describe('nervus events replay', () => {
  const replay = (...words: string[]): Promise<Output> => run(['events', 'replay', ...words, '--url', `http://127.0.0.1:${(edge.address() as AddressInfo).port}/v1/default/orders`], { environment: {}, folder, now: () => 0, newId: () => 'id' });

  it('sends what was recorded under its ids, in its order, as fast as asked for', async () => {
    writeFileSync(join(folder, 'recorded.ndjson'), ['09:00:00', '09:00:20', '08:00:00'].map((time, n) => JSON.stringify({ id: `r-${n}`, time: `2026-11-24T${time}Z`, data: { n } })).join('\n'));
    expect(await replay('recorded.ndjson', '--speed', '1000')).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/line 3\s+accepted/) });
    expect(got.map(({ headers, body }) => [headers['webhook-id'], body])).toEqual([['r-0', '{"n":0}'], ['r-1', '{"n":1}'], ['r-2', '{"n":2}']]);
  });

  it('a line that is no recorded event ends it, and what was sent before is told', async () => {
    writeFileSync(join(folder, 'recorded.ndjson'), '{"id":"r-1","data":1}\n{"data":2}\n');
    const output = await replay('recorded.ndjson', '--speed', 'max');
    expect([output.exitCode, output.stdout]).toEqual([1, expect.stringMatching(/line 1\s+accepted[\s\S]*line 2 is no recorded event/)]);
  });

  it('as CloudEvents the time and the type of then go along', async () => {
    writeFileSync(join(folder, 'recorded.ndjson'), '{"id":"r-1","type":"order.placed","time":"2026-11-24T09:00:00Z","data":1}\n');
    expect((await replay('recorded.ndjson', '--cloudevent')).exitCode).toBe(0);
    expect(JSON.parse(got[0]!.body)).toMatchObject({ id: 'r-1', type: 'order.placed', time: '2026-11-24T09:00:00Z', data: 1 });
  });

  it.each(['0', '-1', 'fast'])('the speed %s is refused', async (speed) => {
    expect((await replay('recorded.ndjson', '--speed', speed)).exitCode).toBe(64);
  });
});
