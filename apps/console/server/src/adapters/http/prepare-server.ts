// SPDX-License-Identifier: Apache-2.0
import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import { mostBodyBytes } from './body.js';

/** Milliseconds for the headers of a request, and for all of it. */
const headersMs = 10_000;
const requestMs = 20_000;

/**
 * Prepares the public server: small JSON bodies, and headers that let pages load nothing but our own files and be put
 * into nobody's frame. There is no CORS: other origins get nothing.
 */
export function prepareServer(app: INestApplication, secure: boolean): void {
  const server: Server = app.getHttpServer();
  server.headersTimeout = headersMs;
  server.requestTimeout = requestMs;
  const express = app as NestExpressApplication;
  express.disable('x-powered-by');
  express.set('etag', false);
  express.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"], scriptSrc: ["'self'"], styleSrc: ["'self'"], imgSrc: ["'self'"], connectSrc: ["'self'"], formAction: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"],
          requireTrustedTypesFor: ["'script'"], trustedTypes: ['nervus-part'],
        },
      },
      referrerPolicy: { policy: 'no-referrer' },
      strictTransportSecurity: secure ? { maxAge: 31_536_000 } : false,
      crossOriginResourcePolicy: { policy: 'same-origin' },
      crossOriginOpenerPolicy: { policy: 'same-origin' },
      xFrameOptions: { action: 'deny' },
    }),
  );
  express.useBodyParser('json', { limit: mostBodyBytes, strict: true });
}
