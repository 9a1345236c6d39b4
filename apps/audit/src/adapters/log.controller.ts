// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage, ServerResponse } from 'node:http';
import { All, Controller, Req, Res } from '@nestjs/common';
import { LogPages } from './log-pages.js';
import { RunningLog } from './running-log.js';

/**
 * The log over HTTP (c2sp.org/tlog-tiles): GET and HEAD only, no route writes. Hashes, checkpoints and proofs are open to
 * any origin; entry bundles, which hold keys and headers, only to this machine: auditors' tokens do not exist yet.
 */
@Controller()
export class LogController {
  constructor(
    private readonly pages: LogPages,
    private readonly log: RunningLog,
  ) {}

  @All('*path')
  async answer(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') return problem(response, 405, 'method_not_allowed', 'The log is read, never written, over HTTP.', { allow: 'GET, HEAD' });
    if (!this.log.isOpen) return problem(response, 503, 'log_not_open', 'The log is being opened.', { 'retry-after': '1' });
    const path = (request.url ?? '').split('?')[0]?.slice(1) ?? '';
    const page = await this.pages.at(path);
    if (!page) return problem(response, 404, 'not_found', 'There is nothing under this path.');
    if (page.content && !isLoopback(request.socket.remoteAddress)) return problem(response, 403, 'auditors_only', 'Entry bundles are given to this machine only.');
    response.writeHead(200, {
      'content-type': page.type, 'content-length': page.body.length, 'cache-control': page.content ? 'private' : page.cache, 'x-content-type-options': 'nosniff', ...(page.content ? {} : { 'access-control-allow-origin': '*' }),
    });
    response.end(request.method === 'HEAD' ? undefined : page.body);
  }
}

/** RFC 9457. */
function problem(response: ServerResponse, status: number, code: string, detail: string, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers });
  response.end(JSON.stringify({ type: 'about:blank', status, code, detail }));
}

const isLoopback = (address: string | undefined): boolean => address !== undefined && (address === '::1' || /^(?:::ffff:)?127\./.test(address));
