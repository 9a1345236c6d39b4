// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from 'node:http';
import { Controller, Get, Req, Res } from '@nestjs/common';
import { Problem } from '../../domain/problem.js';
import { queryOf } from './body.js';
import { type ConsoleRequest, headerOf } from './request.js';
import { Streams } from './streams.js';
import { visitorOf } from './visitor.js';

/** Changes as they come (server-sent events), from where the browser left off. */
@Controller('api/stream')
export class StreamController {
  constructor(private readonly streams: Streams) {}

  @Get()
  stream(@Req() request: ConsoleRequest, @Res() response: ServerResponse): void {
    if (request.method === 'HEAD') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end();
      return;
    }
    const visitor = visitorOf(request);
    if (!this.streams.open(visitor, request.sessionSecret, headerOf(request, 'last-event-id') ?? queryOf(request, 'after'), response)) throw new Problem(429, 'too_many_streams', 'Too many pages of this session are open: close some.', { 'retry-after': '10' });
  }
}
