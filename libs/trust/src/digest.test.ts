// SPDX-License-Identifier: Apache-2.0
import type { ExactAction, OperationDescriptor, ToolDescriptor } from '@nervus/contracts';
import { tools } from '@nervus/contracts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { vectors } from '../test/vectors.js';
import { base64url, decodeBase64url } from './base64url.js';
import { canonicalize } from './canonical-json.js';
import { digestOf, digestOfAction, idempotencyKeyOf, toolSchemaOf } from './digest.js';
import { VerificationError } from './errors.js';
import { parseStrictJson } from './strict-json.js';

const { actions, toolSchemas } = vectors<{
  actions: { name: string; action: ExactAction; canonical: string; digest: string; idempotencyKey: string }[];
  toolSchemas: { tool: ToolDescriptor; operation: OperationDescriptor; toolSchema: string }[];
}>('digests');

describe('action digest', () => {
  it.each(actions)('$name', ({ action, canonical, digest, idempotencyKey }) => {
    expect(canonicalize(action)).toBe(canonical);
    expect(digestOfAction(action)).toBe(digest);
    expect(idempotencyKeyOf(digest)).toBe(idempotencyKey);
  });

  it('differs for every difference', () => {
    expect(new Set(actions.map(({ digest }) => digest)).size).toBe(actions.length);
    expect(new Set(actions.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(actions.length);
  });

  it('is the same after a journey over the wire, whatever the white space', () => {
    for (const { action, digest } of actions) expect(digestOf(parseStrictJson(JSON.stringify(action, null, 3)))).toBe(digest);
  });
});

describe('hash of a tool operation', () => {
  it.each(toolSchemas)('$tool.id.$operation.name', ({ tool, operation, toolSchema }) => {
    expect(toolSchemaOf(tool, operation)).toBe(toolSchema);
  });

  const [{ tool, operation, toolSchema }] = toolSchemas as [(typeof toolSchemas)[0]];

  it.each<[string, Partial<OperationDescriptor>]>([
    ['input', { input: { type: 'object' } }],
    ['output', { output: { type: 'object' } }],
    ['effect', { effect: { constant: 'read' } }],
    ['target', { target: 'elsewhere:{/to}' }],
    ['control', { control: [] }],
    ['data', { data: [] }],
  ])('changes with %s', (_, change) => {
    expect(toolSchemaOf(tool, { ...operation, ...change })).not.toBe(toolSchema);
  });

  it('changes with the kind of credential, and not with a description', () => {
    expect(toolSchemaOf({ ...tool, credential: 'none' }, operation)).not.toBe(toolSchema);
    expect(toolSchemaOf({ ...tool, description: 'other' }, { ...operation, description: 'other' })).toBe(toolSchema);
  });

  it('is that of the descriptor as JSON: what the schema library keeps beside it does not count', () => {
    for (const real of tools) for (const each of real.operations) expect(toolSchemaOf(real, JSON.parse(JSON.stringify(each)) as OperationDescriptor)).toBe(toolSchemaOf(real, each));
  });
});

describe('base64url', () => {
  it.each([
    ['padding', 'YQ=='],
    ['white space', 'YWI\n'],
    ['a space inside', 'YW I'],
    ['stray bits in the last character', 'YR'],
    ['the standard alphabet', '+/8'],
    ['a character too few', 'YWJjZ'],
    ['another character', 'YWI*'],
  ])('refuses %s', (_, text) => {
    expect(() => decodeBase64url(text, 'it')).toThrow(VerificationError);
  });

  it('refuses another length than expected', () => {
    expect(() => decodeBase64url('YWI', 'it', 3)).toThrow(/has 2 bytes, expected 3/);
  });

  it('gives every byte string one text', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeBase64url(base64url(bytes), 'it')).toEqual(Buffer.from(bytes));
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'AQgw_-+/= aZ09'.split('')) }), (text) => {
        let bytes: Buffer;
        try {
          bytes = decodeBase64url(text, 'it');
        } catch {
          return;
        }
        expect(base64url(bytes)).toBe(text);
      }),
    );
  });
});
