// SPDX-License-Identifier: Apache-2.0
import { type Egress, EgressError } from '@nervus/egress';
import type { Es256Signer } from '@nervus/trust';
import { type CallResult, type Found, messageOf } from '../../domain/call-result.js';
import type { Permitted } from '../../domain/permitted.js';
import type { PermittedCall, Route, ToolExecutor } from '../../domain/tool.js';
import type { Destination, Destinations } from '../destinations.js';
import { probe } from './probe.js';
import { resultOfError, resultOfResponse } from './http-result.js';
import { signedHeaders } from './signed-request.js';

/** What an executor needs of the process that it runs in. */
export interface Sender {
  readonly egress: Egress;
  readonly destinations: Destinations;
  /** The workload key in force right now. */
  readonly key: () => Es256Signer;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * `webhook.send`: POST of `{type, timestamp, data}` to a configured endpoint. `webhook-id` is the idempotency key, so a
 * receiver that keeps to Standard Webhooks drops a repetition; the signature is RFC 9421 with the workload key.
 */
export class WebhookSend implements ToolExecutor {
  readonly tool = 'webhook';

  constructor(private readonly sender: Sender) {}

  route(permitted: Permitted): Route | CallResult {
    const { endpoint } = paramsOf(permitted);
    const found = this.find(permitted);
    if (!found) return { kind: 'refused', code: 'destination_unknown', detail: `No endpoint "${endpoint}" is configured for this tenant.` };
    return { destination: endpoint, idempotency: 'native', canAsk: found.probe !== undefined };
  }

  check(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async execute(call: PermittedCall): Promise<CallResult> {
    const { permitted, attempt, signal } = call;
    const { egress, key, now } = this.sender;
    const { url, rule } = this.destination(permitted);
    const { operation } = permitted.entry;
    const body = contentOf(permitted);
    const tried = { safe: false, attempt, request: messageOf(body) };
    const seconds = Math.floor(now() / 1000);
    const headers = signedHeaders({ method: 'POST', url, body, headers: { 'content-type': 'application/json', 'webhook-id': permitted.idempotencyKey, 'webhook-timestamp': String(seconds) } }, key(), seconds);
    try {
      const response = await egress.request({ url: url.href, method: 'POST', headers, body, rule, maxRedirects: 0, timeoutMs: operation.timeoutMs, maxResponseBytes: operation.maxResponseBytes, signal });
      return resultOfResponse(response, tried);
    } catch (error) {
      if (error instanceof EgressError) return resultOfError(error, tried);
      throw error;
    }
  }

  reconcile(call: PermittedCall): Promise<Found> {
    return probe(this.sender.egress, this.destination(call.permitted), call, this.sender.key(), this.sender.now());
  }

  private find(permitted: Permitted): Destination | undefined {
    return this.sender.destinations.webhook(paramsOf(permitted).endpoint, permitted.tenant);
  }

  private destination(permitted: Permitted): Destination {
    const found = this.find(permitted);
    if (!found) throw new TypeError(`the endpoint of action ${permitted.action.actionId} has no route: ask for it first`);
    return found;
  }
}

interface Params {
  readonly endpoint: string;
  readonly type: string;
  readonly payload: unknown;
}

/** The parameters were checked against the tool's schema. */
const paramsOf = ({ action }: Permitted): Params => action.params as unknown as Params;

/** The same bytes at every attempt: the time is that of the decision. */
function contentOf(permitted: Permitted): Buffer {
  const { type, payload } = paramsOf(permitted);
  return Buffer.from(JSON.stringify({ type, timestamp: permitted.decidedAt, data: payload }));
}
