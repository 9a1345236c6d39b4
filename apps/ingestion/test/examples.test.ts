// SPDX-License-Identifier: Apache-2.0
// Every example of a publisher, as its page runs it, in a process of its own against the real edge.
import { execFile, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SignalAccepted } from '@nervus/contracts';
import { ServiceWorld } from '@nervus/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ingestionService } from '../src/ingestion.service.js';
import { secretOf, signedBy, writeSources } from './sender.js';

const examples = resolve(fileURLToPath(import.meta.url), '../../../../examples');
interface Example {
  readonly folder: string;
  /** The command of its page, and what tells that it can run here. */
  readonly command: readonly string[];
  readonly needs: readonly string[];
}
const publishers: readonly Example[] = [
  { folder: 'publish-curl', command: ['bash', 'publish.sh'], needs: ['bash --version', 'curl --version', 'openssl version'] },
  { folder: 'publish-node', command: [process.execPath, 'publish.mjs'], needs: [] },
  { folder: 'publish-python', command: ['python3', 'publish.py'], needs: ['python3 --version'] },
  { folder: 'publish-go', command: ['go', 'run', 'publish.go'], needs: ['go version'] },
];

const secret = secretOf('default-orders').toString();
let world: ServiceWorld;
let url: string;
beforeAll(async () => {
  world = await ServiceWorld.open('ingestion');
  const service = await world.start(ingestionService, writeSources(world.folder, [{ name: 'orders', spec: { kind: 'webhook', auth: signedBy('default', 'orders') } }]));
  url = `http://127.0.0.1:${service.httpPort}/v1/default/orders`;
});
afterAll(() => world.close());

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}
function publish({ folder, command }: Example, to: string, key: string, ...words: string[]): Promise<Ended> {
  const [program = '', ...rest] = command;
  return new Promise((settle) => {
    execFile(program, [...rest, ...words], { cwd: join(examples, folder), env: { ...process.env, NERVUS_URL: to, NERVUS_SECRET: key }, timeout: timeout / 3 }, (error, stdout, stderr) => settle({ status: error ? Number(error.code ?? 1) : 0, stdout, stderr }));
  });
}
const missing = ({ needs }: Example): string | undefined => needs.find((need) => spawnSync(need, { shell: true, stdio: 'ignore' }).status !== 0);

/** Compilers on a busy machine with empty caches take their time. */
const timeout = 180_000;

describe.each(publishers)('$folder', { timeout }, (example) => {
  const id = `${example.folder}-1`;
  const body = JSON.stringify({ subject: id, text: 'Ordered: "five" lamps, größer' });

  it('sends an event that is in Kafka, and the same event again makes no second signal', async (test) => {
    const lacking = missing(example);
    if (lacking !== undefined) test.skip(`${example.folder} needs what is not on this machine: "${lacking}" does not run`);
    const first = await publish(example, url, secret, id, body);
    expect(first).toMatchObject({ status: 0, stdout: expect.stringMatching(/accepted as|"duplicate":false/) });
    expect(await publish(example, url, secret, id, body)).toMatchObject({ status: 0, stdout: expect.stringMatching(/known already as|"duplicate":true/) });
    const [signal] = await world.until(SignalAccepted, (data) => data.origin.id === id);
    expect([signal?.data.content, first.stdout.includes(signal?.id ?? 'none')]).toEqual([JSON.parse(body), true]);
    expect(world.of(SignalAccepted, (data) => data.origin.id === id)).toHaveLength(1);
  });

  it('says why when its secret is wrong, and does not try again', async (test) => {
    const lacking = missing(example);
    if (lacking !== undefined) test.skip(`${example.folder} needs what is not on this machine: "${lacking}" does not run`);
    const { status, stdout, stderr } = await publish(example, url, 'whsec_c29tZWJvZHktZWxzZS1zLXNlY3JldC1rZXk=', id, body);
    expect([status === 0, `${stdout}${stderr}`]).toEqual([false, expect.stringContaining('signature_invalid')]);
  });

  it('comes back after Retry-After with the same id and a signature that is still good', async (test) => {
    const lacking = missing(example);
    if (lacking !== undefined) test.skip(`${example.folder} needs what is not on this machine: "${lacking}" does not run`);
    const busy = await BusyEdge.listen();
    const ended = await publish(example, busy.url, secret, id, body);
    await busy.close();
    expect([ended.status, busy.ids]).toEqual([0, [id, id]]);
  });
});

/** An edge that is over its rate at first. */
class BusyEdge {
  readonly ids: (string | undefined)[] = [];
  private constructor(private readonly server: Server) {}

  static async listen(): Promise<BusyEdge> {
    const edge: BusyEdge = new BusyEdge(createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
        const { 'webhook-id': eventId, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = request.headers;
        const expected = createHmac('sha256', secret).update(`${String(eventId)}.${String(timestamp)}.`).update(Buffer.concat(chunks)).digest('base64');
        edge.ids.push(signature === `v1,${expected}` ? String(eventId) : undefined);
        if (edge.ids.length === 1) response.writeHead(429, { 'content-type': 'application/problem+json', 'retry-after': '1' }).end('{"code":"rate_exceeded","detail":"later"}');
        else response.writeHead(202, { 'content-type': 'application/json' }).end('{"id":"x","duplicate":false}');
      });
    }));
    await new Promise<void>((listening) => edge.server.listen(0, '127.0.0.1', listening));
    return edge;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((closed) => this.server.close(() => closed()));
  }
}
