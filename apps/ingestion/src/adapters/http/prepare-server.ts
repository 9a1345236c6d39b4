// SPDX-License-Identifier: Apache-2.0
import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';

/** Milliseconds for the headers of a request, and for all of it. */
const headersMs = 10_000;
const spareMs = 5_000;

/**
 * Prepares the public server: bodies stay as they came, headers must come soon, and a sender that asks first
 * (`Expect: 100-continue`) sends no body that is going to be refused.
 */
export function prepareServer(app: INestApplication, bodySeconds: number): void {
  const server: Server = app.getHttpServer();
  server.headersTimeout = headersMs;
  // Our own answer to a slow body comes first.
  server.requestTimeout = headersMs + bodySeconds * 1000 + spareMs;
  server.on('checkContinue', (request, response) => server.emit('request', request, response));
  const express = app.getHttpAdapter().getInstance() as { disable(setting: string): void };
  express.disable('x-powered-by');
}
