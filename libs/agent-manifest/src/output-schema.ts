// SPDX-License-Identifier: Apache-2.0
import { Ajv, type ErrorObject } from 'ajv';
import { parseStrictJson } from '@nervus/trust';
import { isObject } from './yaml/shape.js';

/** A JSON Schema (draft-07) that a user wrote, compiled. */
export interface OutputSchema {
  /** As given to a model. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** What is wrong with a value; empty when it fits. */
  faultsOf(value: unknown): string[];
}

/**
 * Compiles a schema file. It must be an object schema, close its objects (`additionalProperties: false`) so that a model
 * cannot smuggle fields, and refer to nothing outside itself.
 * @throws Error with what is wrong with it
 */
export function compileOutputSchema(text: string): OutputSchema {
  const schema: unknown = parseStrictJson(text, { depth: 32 });
  if (!isObject(schema) || schema['type'] !== 'object') throw new Error('expected a JSON Schema with "type": "object"');
  refuseReferencesOut(schema, '');
  const ajv = new Ajv({ strict: true, allErrors: true, validateFormats: false });
  const validate = ajv.compile<unknown>(schema);
  return { schema, faultsOf: (value) => (validate(value) ? [] : (validate.errors ?? []).map(errorText)) };
}

function refuseReferencesOut(schema: unknown, at: string): void {
  if (Array.isArray(schema)) for (const [index, one] of schema.entries()) refuseReferencesOut(one, `${at}/${index}`);
  if (!isObject(schema)) return;
  const reference = schema['$ref'];
  if (typeof reference === 'string' && !reference.startsWith('#')) throw new Error(`${at || '/'}: "$ref" may only point into the same file, found ${JSON.stringify(reference)}`);
  // In a map of properties "type" and "properties" are names of fields, so only schemas themselves are judged.
  if (isObject(schema['properties']) && schema['type'] === 'object' && schema['additionalProperties'] !== false) throw new Error(`${at || '/'}: an object schema must say "additionalProperties": false`);
  for (const [name, one] of Object.entries(schema)) refuseReferencesOut(one, `${at}/${name}`);
}

const errorText = (error: ErrorObject): string => `${error.instancePath || '/'} ${error.message ?? 'does not fit'}${error.keyword === 'additionalProperties' ? ` (${String(error.params['additionalProperty'])})` : ''}`;
