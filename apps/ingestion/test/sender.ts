// SPDX-License-Identifier: Apache-2.0
// Sources and senders of the service tests.
import { createHmac, randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const secretOf = (file: string): Buffer => Buffer.from(file.padEnd(32, '.'));
export const pathToken = 'a-path-that-nobody-can-guess-0123456789';

export interface SourceFile {
  readonly name: string;
  readonly tenant?: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Writes manifests (JSON is YAML) and the secrets they name, and returns the environment that names the folders. */
export function writeSources(folder: string, sources: readonly SourceFile[]): Record<string, string> {
  const folders = { sources: join(folder, 'sources'), secrets: join(folder, 'secrets'), recordings: join(folder, 'recordings') };
  for (const path of Object.values(folders)) mkdirSync(path, { recursive: true });
  for (const { name, tenant = 'default', spec } of sources) {
    const manifest = { apiVersion: 'nervus.dev/v1', kind: 'Source', metadata: { name, tenant, owner: 'group:tests' }, spec: { subject: { constant: name }, class: 'internal', ...spec } };
    writeFileSync(join(folders.sources, `${tenant}-${name}.yaml`), JSON.stringify(manifest, null, 2));
    writeFileSync(join(folders.secrets, `${tenant}-${name}`), secretOf(`${tenant}-${name}`));
  }
  return { NERVUS_SOURCES: folders.sources, NERVUS_SECRETS: folders.secrets, NERVUS_RECORDINGS: folders.recordings };
}

export const signedBy = (tenant: string, name: string): object => ({ kind: 'standard-webhooks', secretFiles: [`${tenant}-${name}`] });

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One sender of one signed source. */
export class Sender {
  constructor(
    private readonly url: string,
    private readonly secretFile: string,
  ) {}

  static to(base: string, name: string, tenant = 'default'): Sender {
    return new Sender(`${base}/v1/${tenant}/${name}`, `${tenant}-${name}`);
  }

  headers(id: string, body: string, timestamp = Math.floor(Date.now() / 1000)): Record<string, string> {
    const signature = createHmac('sha256', secretOf(this.secretFile)).update(`${id}.${timestamp}.${body}`).digest('base64');
    return { 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': `v1,${signature}` };
  }

  send(value: unknown, id: string = randomUUID(), headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.sendText(JSON.stringify(value), id, headers);
  }

  sendText(body: string, id: string = randomUUID(), headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return request(this.url, { method: 'POST', body, headers: { ...this.headers(id, body), ...headers } });
  }
}

export async function request(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
}
