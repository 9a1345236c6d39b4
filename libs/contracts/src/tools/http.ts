// SPDX-License-Identifier: Apache-2.0
import { Type } from 'typebox';
import type { ToolDescriptor } from './descriptor.js';

/**
 * `http.request`: one HTTP request to a host that the operator allows. It carries an access token bound to the
 * sender's key (RFC 9449 DPoP) and an `Idempotency-Key`.
 */
export const http: ToolDescriptor = {
  id: 'http',
  version: 1,
  description: 'Calls HTTP APIs that the operator allows',
  credential: 'token',
  operations: [
    {
      name: 'request',
      description: 'Send one HTTP request',
      input: Type.Object(
        {
          method: Type.Union([Type.Literal('GET'), Type.Literal('HEAD'), Type.Literal('POST'), Type.Literal('PUT'), Type.Literal('PATCH'), Type.Literal('DELETE')]),
          url: Type.String({ pattern: '^https?://', maxLength: 2000 }),
          headers: Type.Optional(Type.Record(Type.String({ pattern: '^[A-Za-z0-9-]{1,64}$' }), Type.String({ maxLength: 1000 }))),
          body: Type.Optional(Type.Unknown({ description: 'sent as JSON' })),
        },
        { additionalProperties: false },
      ),
      output: Type.Object({ status: Type.Integer(), bytes: Type.Integer() }),
      effect: { by: '/method', cases: { GET: 'read', HEAD: 'read' }, otherwise: 'irreversible' },
      target: '{/method} {/url}',
      control: ['/method', '/url', '/headers'],
      data: ['/body'],
      idempotency: 'native',
      risk: { destination: ['/url'], clearance: 'internal', reversible: false },
      tierFloor: 0,
      timeoutMs: 10_000,
      maxResponseBytes: 65_536,
    },
  ],
};
