// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage } from 'node:http';
import type { Visitor } from '../../domain/session.js';
import type { Knock } from '../../domain/door.js';

/** A request as the HTTP adapter of Nest hands it on, and who sent it. */
export interface ConsoleRequest extends IncomingMessage {
  readonly path: string;
  readonly body?: unknown;
  /** Set by the guard for everything but the public pages. */
  visitor?: Visitor;
  /** Secret of the browser session; undefined for the command line. */
  sessionSecret?: string;
}

/** One header; undefined when it is absent or stands more than once. */
export function headerOf(request: IncomingMessage, name: string): string | undefined {
  const values = request.headersDistinct[name];
  return values?.length === 1 ? values[0] : undefined;
}

export const knockOf = (request: IncomingMessage): Knock => ({
  method: request.method ?? 'GET',
  host: headerOf(request, 'host'),
  origin: headerOf(request, 'origin'),
  fetchSite: headerOf(request, 'sec-fetch-site'),
  remoteAddress: request.socket.remoteAddress,
  forwarded: ['forwarded', 'x-forwarded-for', 'via'].some((name) => request.headers[name] !== undefined),
});

/** The value of a cookie; undefined when there is none or more than one of the name. */
export function cookieOf(request: IncomingMessage, name: string): string | undefined {
  const found = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim()).filter((pair) => pair.startsWith(`${name}=`));
  return found.length === 1 ? found[0]!.slice(name.length + 1) : undefined;
}

/** Pages are drawn for people; everything below `/api` answers programs. */
export const isApi = (request: Pick<ConsoleRequest, 'path'>): boolean => request.path === '/api' || request.path.startsWith('/api/');
