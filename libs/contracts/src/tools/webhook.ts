// SPDX-License-Identifier: Apache-2.0
import { Type } from 'typebox';
import type { ToolDescriptor } from './descriptor.js';

/**
 * `webhook.send`: one message to an endpoint that the operator named in action's configuration, signed with the
 * workload key (RFC 9421); `webhook-id` is the idempotency key.
 */
export const webhook: ToolDescriptor = {
  id: 'webhook',
  version: 1,
  description: 'Sends signed webhooks to endpoints named in the configuration',
  credential: 'none',
  operations: [
    {
      name: 'send',
      description: 'Send one signed message to a named endpoint',
      input: Type.Object(
        {
          endpoint: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$', description: 'name of an endpoint in the configuration; never a URL' }),
          type: Type.String({ minLength: 1, maxLength: 200, description: 'what the message is, for the receiver' }),
          payload: Type.Record(Type.String(), Type.Unknown()),
        },
        { additionalProperties: false },
      ),
      output: Type.Object({ status: Type.Integer(), bytes: Type.Integer() }),
      effect: { constant: 'message' },
      target: 'webhook:{/endpoint}',
      control: ['/endpoint', '/type'],
      data: ['/payload'],
      idempotency: 'native',
      risk: { destination: ['/endpoint'], clearance: 'internal', reversible: false },
      tierFloor: 1,
      timeoutMs: 10_000,
      maxResponseBytes: 65_536,
    },
  ],
};
