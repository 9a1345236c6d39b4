// SPDX-License-Identifier: Apache-2.0
import type { Static, TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { Problem } from '../../domain/problem.js';
import { type ConsoleRequest, headerOf } from './request.js';

/** Bytes of a request's body: the manifest of a source, with the schema of its events, is the longest thing that anyone sends. */
export const mostBodyBytes = 96 * 1024;

/** The JSON body as its schema says. @throws Problem 415, 400 `body_invalid` naming the first fault */
export function bodyOf<S extends TSchema>(request: ConsoleRequest, schema: S): Static<S> {
  if (!/^application\/json\s*(;|$)/i.test(headerOf(request, 'content-type') ?? '')) throw new Problem(415, 'media_type', 'Send JSON as application/json.');
  const [fault] = Value.Errors(schema, request.body);
  if (fault) throw new Problem(400, 'body_invalid', `The body${fault.instancePath === '' ? '' : ` at ${fault.instancePath}`}: ${fault.message}.`);
  return request.body as Static<S>;
}

/** The key under which a command counts once. @throws Problem 400 */
export function idempotencyKeyOf(request: ConsoleRequest): string {
  const key = headerOf(request, 'idempotency-key');
  if (key === undefined || !/^[\x21-\x7e]{8,100}$/.test(key)) throw new Problem(400, 'idempotency_key_missing', 'Send an Idempotency-Key of 8 to 100 printable characters, a new one for each command.');
  return key;
}

/** The revision that the caller saw, from `If-Match: "2"`. @throws Problem 428 */
export function revisionOf(request: ConsoleRequest): number {
  const match = /^"?(\d{1,9})"?$/.exec(headerOf(request, 'if-match') ?? '');
  if (!match || Number(match[1]) < 1) throw new Problem(428, 'revision_missing', 'Send the revision that you looked at as If-Match.');
  return Number(match[1]);
}

/** One query parameter; undefined when it is absent. @throws Problem 400 when it stands more than once */
export function queryOf(request: ConsoleRequest, name: string): string | undefined {
  const values = new URL(request.url ?? '/', 'http://console').searchParams.getAll(name);
  if (values.length > 1) throw new Problem(400, 'query_repeated', `The parameter ${name} stands more than once.`);
  return values[0];
}
