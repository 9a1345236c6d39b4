// SPDX-License-Identifier: Apache-2.0
import { Type } from 'typebox';
import type { ToolDescriptor } from './descriptor.js';

/** `alert.log`: one line in the alert log of this installation; the line carries the idempotency key. */
export const alert: ToolDescriptor = {
  id: 'alert',
  version: 1,
  description: 'Writes alerts to a log file of this installation',
  credential: 'none',
  operations: [
    {
      name: 'log',
      description: 'Append one alert to a channel of the alert log',
      input: Type.Object(
        {
          channel: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$', description: 'file below the alert root that the line goes to' }),
          severity: Type.Integer({ minimum: 0, maximum: 100 }),
          title: Type.String({ minLength: 1, maxLength: 300 }),
          text: Type.String({ maxLength: 4000 }),
          citations: Type.Optional(Type.Array(Type.String({ maxLength: 512 }), { maxItems: 32 })),
        },
        { additionalProperties: false },
      ),
      output: Type.Object({ file: Type.String(), bytes: Type.Integer() }),
      effect: { constant: 'write' },
      target: 'alert-log:{/channel}',
      control: ['/channel'],
      data: ['/severity', '/title', '/text', '/citations'],
      idempotency: 'natural',
      risk: { destination: ['/channel'], clearance: 'internal', reversible: true },
      tierFloor: 1,
      timeoutMs: 5_000,
      maxResponseBytes: 0,
    },
  ],
};
