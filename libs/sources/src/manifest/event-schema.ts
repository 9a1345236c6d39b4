// SPDX-License-Identifier: Apache-2.0
// The registered schema of a source's events: JSON Schema, written in the manifest itself, so that it is reviewed, applied
// and versioned with it.
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { RE2JS } from 're2js';
import { type Static, Type } from 'typebox';
import type { SourceFault } from './source-faults.js';

export const EventSchema = Type.Object({
  version: Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'goes up with every change' }),
  compatibility: Type.Union([Type.Literal('backward'), Type.Literal('none')], { default: 'backward', description: 'what a changed schema must keep to: events that fitted still do, or nothing' }),
  json: Type.Record(Type.String(), Type.Unknown(), { description: 'JSON Schema 2020-12 of the content; refers to nothing outside itself' }),
}, { additionalProperties: false });
export type EventSchema = Static<typeof EventSchema>;

/** Says what is wrong with an event; empty when it fits. */
export type EventCheck = (content: unknown) => readonly string[];

/** Faults of one event that are told. */
const mostTold = 5;
const longestSchema = 32 * 1024;
const compiled = new WeakMap<EventSchema, EventCheck>();

/** The check of a schema, compiled once. @throws Error saying what is wrong with the schema */
export function checkOf(schema: EventSchema): EventCheck {
  let check = compiled.get(schema);
  if (!check) compiled.set(schema, (check = compile(schema)));
  return check;
}

/** Everything that keeps a schema from being used. */
export function faultsOfSchema(schema: EventSchema): readonly SourceFault[] {
  try {
    if (JSON.stringify(schema.json).length > longestSchema) throw new Error(`has more than ${longestSchema} characters`);
    refuseReferencesOut(schema.json);
    checkOf(schema);
    return [];
  } catch (error) {
    return [{ pointer: '/spec/schema/json', message: error instanceof Error ? error.message : String(error) }];
  }
}

/** Patterns of owners meet the texts of strangers: they are matched in linear time. Ajv tells patterns apart by their text. */
const linear = Object.assign((pattern: string) => {
  const regex = RE2JS.compile(pattern);
  return { test: (text: string) => regex.matcher(text).find(), toString: () => pattern };
}, { code: 're2js' });

function compile({ json }: EventSchema): EventCheck {
  const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: false, validateFormats: false, code: { regExp: linear } });
  const validate = ajv.compile<unknown>(json);
  return (content) => (validate(content) ? [] : (validate.errors ?? []).slice(0, mostTold).map(textOf));
}

function refuseReferencesOut(schema: unknown): void {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [name, value] of Object.entries(schema)) {
    if ((name === '$ref' || name === '$dynamicRef') && typeof value === 'string' && !value.startsWith('#')) throw new Error(`"${name}" may only point into the same schema, found ${JSON.stringify(value)}`);
    refuseReferencesOut(value);
  }
}

const textOf = ({ instancePath, message, keyword, params }: ErrorObject): string => `${instancePath || '/'} ${message ?? 'does not fit'}${keyword === 'additionalProperties' ? ` (${JSON.stringify(params['additionalProperty'])})` : ''}`;
