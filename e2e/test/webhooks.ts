// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';
import { webhookKey } from '../src/index.js';
import type { TestMesh } from './test-mesh.js';

export interface Webhook {
  readonly source: string;
  readonly subject: string;
  readonly tenant?: string;
  /** Name of the secret, where it is not that of the source. */
  readonly secret?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One signed webhook; its subject is also its id. @returns the status of the answer */
export async function send(world: Pick<TestMesh, 'ingestion' | 'secretsFolder'>, { source, subject, tenant = 'default', secret = source, headers = {} }: Webhook): Promise<number> {
  const body = JSON.stringify({ subject });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', webhookKey(world.secretsFolder, secret)).update(`${subject}.${timestamp}.${body}`).digest('base64');
  const answer = await fetch(`${world.ingestion}/v1/${tenant}/${source}`, { method: 'POST', body, headers: { 'content-type': 'application/json', 'webhook-id': subject, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}`, ...headers } });
  await answer.arrayBuffer();
  return answer.status;
}
