// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { EgressError, type EgressResponse } from '@nervus/egress';
import { makeDpopProof } from '@nervus/trust';
import { type CallResult, type Found, messageOf } from '../../domain/call-result.js';
import type { Permitted } from '../../domain/permitted.js';
import type { BoundToken, PermittedCall, Route, ToolExecutor } from '../../domain/tool.js';
import type { Destination } from '../destinations.js';
import { resultOfError, resultOfResponse } from './http-result.js';
import { probe } from './probe.js';
import type { Sender } from './webhook-send.js';

/** Headers that say who we are and which call this is: never a parameter's to set. */
const ours = new Set(['authorization', 'dpop', 'idempotency-key', 'signature', 'signature-input', 'cookie']);
const isSafe = (method: string): boolean => method === 'GET' || method === 'HEAD';

/**
 * `http.request`: one request to a configured host, with an access token that is bound to the workload key (DPoP,
 * RFC 9449) and an `Idempotency-Key`. A changing call is repeated only at hosts that are configured to heed that key.
 */
export class HttpRequest implements ToolExecutor {
  readonly tool = 'http';

  constructor(private readonly sender: Sender) {}

  route(permitted: Permitted): Route | CallResult {
    const { method, url, headers = {}, body } = paramsOf(permitted);
    const refused = (code: string, detail: string): CallResult => ({ kind: 'refused', code, detail });
    const reserved = Object.keys(headers).find((name) => ours.has(name.toLowerCase()));
    if (reserved !== undefined) return refused('header_refused', `The header "${reserved}" is not for a parameter to set.`);
    if (isSafe(method) && body !== undefined) return refused('body_refused', `${method} takes no body.`);
    const found = this.find(permitted);
    if (!found) return refused('destination_unknown', `No host is configured that this tenant may reach with ${method} at ${URL.canParse(url) ? new URL(url).origin : 'that URL'}.`);
    return { destination: found.url.host, audience: found.url.origin, idempotency: isSafe(method) ? 'natural' : found.idempotency, canAsk: found.probe !== undefined };
  }

  check(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async execute(call: PermittedCall): Promise<CallResult> {
    const { credential } = call;
    if (!credential) throw new TypeError(`http.request of action ${call.permitted.action.actionId} was called without its token`);
    const { method, body } = paramsOf(call.permitted);
    const content = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const tried = { safe: isSafe(method), attempt: call.attempt, request: messageOf(content ?? '') };
    try {
      const response = await this.send(call, credential, content);
      const nonce = nonceAskedFor(response);
      return resultOfResponse(nonce === undefined ? response : await this.send(call, credential, content, nonce), tried);
    } catch (error) {
      if (error instanceof EgressError) return resultOfError(error, tried);
      throw error;
    }
  }

  reconcile(call: PermittedCall): Promise<Found> {
    return probe(this.sender.egress, this.destination(call.permitted), call, this.sender.key(), this.sender.now());
  }

  private send({ permitted, signal }: PermittedCall, { token, key }: BoundToken, content: Buffer | undefined, nonce?: string): Promise<EgressResponse> {
    const { method, url, headers = {} } = paramsOf(permitted);
    const { operation } = permitted.entry;
    const proof = makeDpopProof(key, { method, url, accessToken: token, ...(nonce !== undefined && { nonce }) }, randomUUID(), this.sender.now());
    return this.sender.egress.request({
      url, method, rule: this.destination(permitted).rule, maxRedirects: 0, timeoutMs: operation.timeoutMs, maxResponseBytes: operation.maxResponseBytes, signal,
      headers: { ...(content && { 'content-type': 'application/json' }), ...lowerCase(headers), authorization: `DPoP ${token}`, dpop: proof, 'idempotency-key': permitted.idempotencyKey },
      ...(content && { body: content }),
    });
  }

  private find(permitted: Permitted): Destination | undefined {
    const { url, method } = paramsOf(permitted);
    return URL.canParse(url) ? this.sender.destinations.host(new URL(url), method, permitted.tenant) : undefined;
  }

  private destination(permitted: Permitted): Destination {
    const found = this.find(permitted);
    if (!found) throw new TypeError(`the host of action ${permitted.action.actionId} has no route: ask for it first`);
    return found;
  }
}

/** RFC 9449 section 9: the target wants its own nonce in the proof and did nothing. */
function nonceAskedFor({ status, headers }: EgressResponse): string | undefined {
  return status === 401 && /error="?use_dpop_nonce/.test(headers['www-authenticate'] ?? '') ? headers['dpop-nonce'] : undefined;
}

const lowerCase = (headers: Readonly<Record<string, string>>): Record<string, string> => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

interface Params {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** The parameters were checked against the tool's schema. */
const paramsOf = ({ action }: Permitted): Params => action.params as unknown as Params;
