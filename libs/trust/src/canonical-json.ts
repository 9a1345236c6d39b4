// SPDX-License-Identifier: Apache-2.0
import { JsonError } from './errors.js';

const maxDepth = 256;

/**
 * The one text of a JSON value (JCS, RFC 8785): no white space, members sorted by UTF-16 code units, strings and numbers
 * as ECMAScript writes them. Members that are `undefined` are left out, as on the wire.
 * @throws JsonError `not_json`, `number_range`, `lone_surrogate` or `too_deep` for what has no such text
 */
export function canonicalize(value: unknown): string {
  return write(value, maxDepth);
}

function write(value: unknown, depthLeft: number): string {
  switch (typeof value) {
    case 'string':
      return text(value);
    case 'number':
      if (!Number.isFinite(value)) throw new JsonError('number_range', `${value} has no JSON form`, -1);
      return Object.is(value, -0) ? '0' : String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      if (depthLeft === 0) throw new JsonError('too_deep', `nested deeper than ${maxDepth}, or in a circle`, -1);
      return Array.isArray(value) ? list(value, depthLeft - 1) : members(value, depthLeft - 1);
    default:
      throw new JsonError('not_json', `${typeof value} has no JSON form`, -1);
  }
}

// JSON.stringify escapes strings exactly as RFC 8785 section 3.2.2.2 asks, except for lone surrogates.
function text(value: string): string {
  if (!value.isWellFormed()) throw new JsonError('lone_surrogate', 'a string holds a lone surrogate', -1);
  return JSON.stringify(value);
}

// Array.from also visits holes, which must be refused like any `undefined`.
const list = (values: readonly unknown[], depthLeft: number): string => `[${Array.from(values, (value) => write(value, depthLeft)).join(',')}]`;

function members(object: object, depthLeft: number): string {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) throw new JsonError('not_json', `${object.constructor.name} has no JSON form: give plain objects`, -1);
  const values = object as Readonly<Record<string, unknown>>;
  let written = '';
  // The default order of sort() is that of UTF-16 code units, whatever the locale.
  for (const name of Object.keys(values).sort()) {
    const value = values[name];
    if (value === undefined) continue;
    written += `${written === '' ? '' : ','}${text(name)}:${write(value, depthLeft)}`;
  }
  return `{${written}}`;
}
