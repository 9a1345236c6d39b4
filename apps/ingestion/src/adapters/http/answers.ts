// SPDX-License-Identifier: Apache-2.0
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Refusal } from '@nervus/sources';
import type { Answer } from './receive-event.js';

/** Bytes of an unread body that are thrown away to keep a connection; with more of it, the connection is closed. */
const mostDiscarded = 8 * 1024 * 1024;

/** Answers what was not refused. */
export function answer(response: ServerResponse, given: Answer): void {
  switch (given.kind) {
    case 'accepted':
      return send(response, 202, 'application/json', JSON.stringify(given.body));
    case 'challenge':
      return send(response, 200, 'text/plain; charset=utf-8', given.challenge);
    case 'empty':
      if (response.headersSent || response.destroyed) return;
      response.writeHead(given.status, { ...given.headers, 'cache-control': 'no-store', ...(given.status === 200 && { 'content-length': 0 }) });
      response.end();
  }
}

/** Answers with an RFC 9457 problem. */
export function answerRefusal(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  const { status, code, message, retryAfter } = refusal;
  if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter));
  if (status === 405) response.setHeader('allow', 'POST, OPTIONS');
  if (status === 401) response.setHeader('www-authenticate', 'WebhookSignature');
  if (leavesBodyUnread(request, status)) response.setHeader('connection', 'close');
  answerProblem(response, status, code, message);
}

export function answerProblem(response: ServerResponse, status: number, code: string, detail: string): void {
  send(response, status, 'application/problem+json', JSON.stringify({ type: `urn:nervus:problem:${code}`, title: STATUS_CODES[status] ?? 'Error', status, code, detail }));
}

function send(response: ServerResponse, status: number, contentType: string, text: string): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(text), 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  response.end(response.req.method === 'HEAD' ? undefined : text);
}

/** Whether bytes may be on their way that nobody is going to read, so that the next request could not be told from them. */
function leavesBodyUnread(request: IncomingMessage, status: number): boolean {
  if (request.complete) return false;
  if (status === 408 || request.headers.expect !== undefined) return true;
  const announced = request.headers['content-length'];
  return announced === undefined ? request.headers['transfer-encoding'] !== undefined : Number(announced) > mostDiscarded;
}
