// SPDX-License-Identifier: Apache-2.0
import { type ServerResponse, STATUS_CODES } from 'node:http';
import { UnavailableError } from '@nervus/messaging';
import { ServiceLogger } from '@nervus/service-kit';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { notFound, Problem } from '../../domain/problem.js';
import { problemPage } from '../pages/problem-page.js';
import { type ConsoleRequest, isApi } from './request.js';

/** Every error leaves as a problem document (RFC 9457), or as a page for people; a person without login is sent to it. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: ServiceLogger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    // Records of Kafka have their own way with errors.
    if (host.getType() !== 'http') throw error;
    const http = host.switchToHttp();
    const request = http.getRequest<ConsoleRequest>();
    const response = http.getResponse<ServerResponse>();
    const problem = isDecodable(request.path) ? this.problemOf(error) : notFound();
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.setHeader('cache-control', 'no-store');
    for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
    if (isApi(request)) send(response, problem.status, 'application/problem+json', JSON.stringify({ type: `urn:nervus:problem:${problem.code}`, title: STATUS_CODES[problem.status] ?? 'Error', status: problem.status, code: problem.code, detail: problem.detail }));
    else if (problem.status === 401 && request.method === 'GET' && !request.path.startsWith('/parts/')) {
      response.writeHead(303, { location: '/login' }).end();
    } else send(response, problem.status, 'text/html; charset=utf-8', problemPage(problem));
  }

  private problemOf(error: unknown): Problem {
    if (error instanceof Problem) return error;
    if (error instanceof HttpException) return byStatus(error.getStatus());
    if (error instanceof UnavailableError) return new Problem(503, error.code, 'What the console needs for this is away. Try again in a moment.', { 'retry-after': '2' });
    const status = typeof error === 'object' && error !== null && 'status' in error && typeof error.status === 'number' ? error.status : 500;
    if (status >= 400 && status < 500) return byStatus(status);
    this.logger.error({ err: error, code: 'request_failed' }, 'a request failed for a reason that nobody foresaw');
    return new Problem(500, 'request_failed', 'The request failed.');
  }
}

/** A path that cannot be decoded leads nowhere. */
function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** What the HTTP framework refuses by itself: no route, a body that is too large or no JSON. */
function byStatus(status: number): Problem {
  if (status === 413) return new Problem(413, 'body_too_large', 'The body is larger than is taken here.');
  if (status === 415) return new Problem(415, 'media_type', 'Send JSON as application/json.');
  return status === 400 ? new Problem(400, 'body_invalid', 'The body is no JSON.') : notFound();
}

function send(response: ServerResponse, status: number, contentType: string, text: string): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) });
  response.end(response.req.method === 'HEAD' ? undefined : text);
}
