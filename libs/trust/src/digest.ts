// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto';
import type { ExactAction, OperationDescriptor, ToolDescriptor } from '@nervus/contracts';
import { base64url } from './base64url.js';
import { canonicalize } from './canonical-json.js';

/** SHA-256, 32 bytes; text is hashed as UTF-8. */
export const sha256 = (data: Uint8Array | string): Buffer => hash('sha256', data, 'buffer');

/** base64url(SHA-256) over the JCS form of a JSON value. */
export const digestOf = (value: unknown): string => base64url(sha256(canonicalize(value)));

/** base64url(SHA-256) over bytes or UTF-8 text as they are. */
export const digestOfBytes = (data: Uint8Array | string): string => base64url(sha256(data));

/** The action digest: what rulings, permits, credentials and outcomes name. Key order and white space never matter. */
export const digestOfAction = (action: ExactAction): string => digestOf(action);

/**
 * The hash of everything in an operation that decides what a call means. Proposer, approver and executor compare it,
 * so that none of them can work from another descriptor.
 */
export function toolSchemaOf(tool: ToolDescriptor, operation: OperationDescriptor): string {
  const { input, output, effect, target, control, data } = operation;
  return digestOf({ input, output, effect, target, control, data, credential: tool.credential });
}

/** The idempotency key of an action: the same for every attempt, never shared with another action. */
export const idempotencyKeyOf = (actionDigest: string): string => digestOfBytes(`nervus.idempotency.v1${actionDigest}`);
