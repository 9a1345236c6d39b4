// SPDX-License-Identifier: Apache-2.0
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { Refusal } from '@nervus/sources';

/** Bytes of an unread body that are thrown away to keep a connection; with more of it, the connection is closed. */
const mostDiscarded = 8 * 1024 * 1024;

/** Answers with JSON. */
export function answer(response: ServerResponse, status: number, body: object): void {
  send(response, status, 'application/json', body);
}

/** Answers with an RFC 9457 problem. */
export function answerRefusal(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  const { status, code, message, retryAfter } = refusal;
  if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter));
  if (status === 405) response.setHeader('allow', 'POST');
  if (status === 401) response.setHeader('www-authenticate', 'StandardWebhooks');
  if (leavesBodyUnread(request, status)) response.setHeader('connection', 'close');
  answerProblem(response, status, code, message);
}

export function answerProblem(response: ServerResponse, status: number, code: string, detail: string): void {
  send(response, status, 'application/problem+json', { type: `urn:nervus:problem:${code}`, title: STATUS_CODES[status] ?? 'Error', status, code, detail });
}

function send(response: ServerResponse, status: number, contentType: string, body: object): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(body);
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
