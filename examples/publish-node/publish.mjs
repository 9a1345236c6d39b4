// SPDX-License-Identifier: Apache-2.0
// Sends one event, signed as a Standard Webhook: node publish.mjs ID JSON
import { createHmac } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

const [id, body] = process.argv.slice(2);
const { NERVUS_URL: url, NERVUS_SECRET: secret = '' } = process.env;
// A secret is "whsec_" and base64, or any other text whose bytes are the key.
const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret);

/** Signed anew at each attempt, since a signature is good for five minutes; always with the same id. */
async function send() {
  const timestamp = Math.floor(Date.now() / 1000);
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  const headers = { 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': `v1,${signature}` };
  return fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(15_000) });
}

for (let attempt = 1; ; attempt++) {
  const response = await send().catch((error) => ({ ok: false, status: 0, headers: new Headers(), json: async () => ({ code: 'network', detail: String(error) }) }));
  const answer = await response.json().catch(() => ({ code: `http_${response.status}` }));
  if (response.ok) {
    console.log(`${answer.duplicate ? 'known already' : 'accepted'} as ${answer.id}`);
    break;
  }
  const mayHelp = response.status === 0 || response.status === 408 || response.status === 429 || response.status >= 500;
  if (!mayHelp || attempt === 6) {
    console.error(`refused: ${answer.code}: ${answer.detail ?? ''}`);
    process.exitCode = 1;
    break;
  }
  const seconds = Number(response.headers.get('retry-after')) || 2 ** attempt * Math.random();
  await pause(seconds * 1000);
}
