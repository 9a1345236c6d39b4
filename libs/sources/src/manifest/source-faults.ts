// SPDX-License-Identifier: Apache-2.0
import { atPointer } from '@nervus/contracts';
import { IsObject, IsUnion, type TSchema } from 'typebox';
import { Value } from 'typebox/value';

/** One thing that is wrong with a manifest, and where. */
export interface SourceFault {
  /** JSON Pointer into the manifest; empty for the whole of it. */
  readonly pointer: string;
  readonly message: string;
}

/**
 * Everything that is wrong with a value that does not fit.
 * @param meant picks the schema to hold it to, by what it finds in the value; a fault when nothing can have been meant
 */
export function faultsOf(value: unknown, meant: (at: (pointer: string) => unknown) => TSchema | SourceFault): readonly SourceFault[] {
  if (!isMapping(value)) return [{ pointer: '', message: 'must be a mapping with apiVersion, kind, metadata and spec' }];
  const schema = meant((pointer) => atPointer(value, pointer));
  if ('pointer' in schema && 'message' in schema) return [schema];
  return walk(schema, Value.Default(schema, value), '');
}

/** Objects are walked by hand: the library stops after a few errors, and an owner wants to see them all. */
function walk(schema: TSchema, value: unknown, pointer: string): SourceFault[] {
  if (!IsObject(schema)) return Value.Check(schema, value) ? [] : faultsOfLeaf(schema, value, pointer);
  if (!isMapping(value)) return [{ pointer, message: 'must be a mapping' }];
  const required: readonly string[] = schema.required ?? [];
  const unknown = Object.keys(value).filter((name) => !Object.hasOwn(schema.properties, name));
  return [
    ...unknown.map((name) => ({ pointer: `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, message: 'is not a field that is known here' })),
    ...Object.entries(schema.properties).flatMap(([name, property]) => {
      if (value[name] !== undefined) return walk(property, value[name], `${pointer}/${name}`);
      return required.includes(name) ? [{ pointer: `${pointer}/${name}`, message: 'is missing' }] : [];
    }),
  ];
}

function faultsOfLeaf(schema: TSchema, value: unknown, pointer: string): SourceFault[] {
  if (IsUnion(schema)) return [{ pointer, message: `must be ${schema.anyOf.map((one) => JSON.stringify((one as { readonly const?: unknown }).const)).join(' or ')}` }];
  const messages = new Map<string, string>();
  for (const error of Value.Errors(schema, value)) if (!messages.has(error.instancePath)) messages.set(error.instancePath, error.message);
  return [...messages].map(([below, message]) => ({ pointer: pointer + below, message }));
}

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);
