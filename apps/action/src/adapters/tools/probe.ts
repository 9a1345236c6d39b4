// SPDX-License-Identifier: Apache-2.0
import { type Egress, EgressError } from '@nervus/egress';
import type { Es256Signer } from '@nervus/trust';
import type { Found } from '../../domain/call-result.js';
import type { PermittedCall } from '../../domain/tool.js';
import type { Destination } from '../destinations.js';
import { signedHeaders } from './signed-request.js';

const timeoutMs = 10_000;
const maxResponseBytes = 65_536;

/** Asks a target what became of an earlier call: GET of the probe URL, signed by the workload key. */
export async function probe(egress: Egress, { probe: asked }: Destination, { permitted, signal }: PermittedCall, key: Es256Signer, nowMs: number): Promise<Found> {
  if (!asked) return 'cannot_tell';
  const url = new URL(asked.template.replaceAll('{key}', permitted.idempotencyKey));
  try {
    const headers = signedHeaders({ method: 'GET', url, headers: {} }, key, Math.floor(nowMs / 1000));
    const { status } = await egress.request({ url: url.href, method: 'GET', headers, rule: asked.rule, maxRedirects: 0, timeoutMs, maxResponseBytes, signal });
    if (status >= 200 && status < 300) return 'done';
    return status === 404 || status === 410 ? 'not_done' : 'cannot_tell';
  } catch (error) {
    if (error instanceof EgressError) return 'cannot_tell';
    throw error;
  }
}
