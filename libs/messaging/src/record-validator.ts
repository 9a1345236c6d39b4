// SPDX-License-Identifier: Apache-2.0
import type { RecordType } from '@nervus/contracts';
import { Compile } from 'typebox/compile';
import { PermanentError } from './errors.js';

/** Checks values of one record type. */
export interface RecordValidator {
  /** @throws PermanentError `schema_invalid` with the JSON Pointer of the first fault in `details.path` */
  validate(data: unknown): void;
  /** Every tenant that the schema makes the value name; each must be the tenant of the record. */
  tenantsIn(data: unknown): string[];
}

const validators = new WeakMap<RecordType, RecordValidator>();

/** The validator of a record type, compiled when it is first asked for. */
export function validatorOf(type: RecordType): RecordValidator {
  let validator = validators.get(type);
  if (!validator) {
    validator = compile(type);
    validators.set(type, validator);
  }
  return validator;
}

function compile(type: RecordType): RecordValidator {
  const schema = Compile(type.schema);
  const paths = tenantPaths(type.schema);
  return {
    validate(data) {
      if (schema.Check(data)) return;
      const [fault] = schema.Errors(data);
      const path = fault?.instancePath ?? '';
      throw new PermanentError('schema_invalid', `the value of ${type.type} does not fit its schema: ${path === '' ? 'the whole value' : path} ${fault?.message ?? 'is not as declared'}`, { type: type.type, path });
    },
    tenantsIn: (data) => paths.flatMap((path) => valueAt(data, path) ?? []),
  };
}

/** Where a schema has a property named `tenant` that is a string: below objects only, free content may call anything so. */
function tenantPaths(schema: unknown, path: readonly string[] = []): string[][] {
  const properties = propertyOf(schema, 'properties');
  if (typeof properties !== 'object' || properties === null) return [];
  return Object.entries(properties).flatMap(([name, property]) => (name === 'tenant' && propertyOf(property, 'type') === 'string' ? [[...path, name]] : tenantPaths(property, [...path, name])));
}

function valueAt(data: unknown, path: readonly string[]): string | undefined {
  let value = data;
  for (const name of path) value = propertyOf(value, name);
  return typeof value === 'string' ? value : undefined;
}

const propertyOf = (value: unknown, name: string): unknown => (typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : undefined);
