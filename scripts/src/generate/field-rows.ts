// SPDX-License-Identifier: Apache-2.0
import { type JsonSchema, isSchema, variantsOf } from '@nervus/contracts';

/** One field of a record's value, as a table shows it. */
export interface FieldRow {
  /** `votes[].person`, `labels.*.trust`. */
  readonly path: string;
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
}

/** Every field of a schema, parents before their parts. Alternatives that are objects are named by what tells them apart. */
export function fieldRows(schema: JsonSchema, at = ''): FieldRow[] {
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : []);
  const named = Object.entries(isSchema(schema['properties']) ? schema['properties'] : {}).filter((entry): entry is [string, JsonSchema] => isSchema(entry[1]));
  return [
    ...named.flatMap(([name, field]) => rowsOf(field, at === '' ? name : `${at}.${name}`, required.has(name))),
    ...Object.values(isSchema(schema['patternProperties']) ? schema['patternProperties'] : {}).filter(isSchema).flatMap((field) => rowsOf(field, `${at}.*`, false)),
  ];
}

function rowsOf(field: JsonSchema, path: string, required: boolean): FieldRow[] {
  return [{ path, type: typeText(field), required, description: textOf(field['description']) }, ...partsOf(field, path)];
}

function partsOf(field: JsonSchema, path: string): FieldRow[] {
  const { items } = field;
  if (isSchema(items)) return partsOf(items, `${path}[]`);
  const variants = variantsOf(field);
  if (variants.length === 1) return fieldRows(field, path);
  // A field that several alternatives share is shown once; what only some have is not required.
  const rows = new Map<string, FieldRow & { readonly types: ReadonlySet<string>; readonly count: number }>();
  for (const row of variants.flatMap((variant) => fieldRows(variant, path))) {
    const known = rows.get(row.path);
    const types = new Set([...(known?.types ?? []), row.type]);
    rows.set(row.path, { ...row, types, type: [...types].join(', '), count: (known?.count ?? 0) + 1, required: row.required && (known?.required ?? true) });
  }
  return [...rows.values()].map(({ path: each, type, required, count, description }) => ({ path: each, type, required: required && count === variants.length, description }));
}

/** What values a field takes, in words that fit a table cell. */
export function typeText(schema: JsonSchema): string {
  const { type, items } = schema;
  if ('const' in schema) return `\`${JSON.stringify(schema['const'])}\``;
  if (Array.isArray(schema['anyOf'] ?? schema['enum'])) return alternatives(variantsOf(schema));
  if (type === 'array') return Array.isArray(items) ? `[${items.filter(isSchema).map(typeText).join(', ')}]` : `list${bounds(schema, 'Items')} of ${isSchema(items) ? typeText(items) : 'any value'}`;
  if (type === 'string') return `text${bounds(schema, 'Length', ' characters')}`;
  if (type === 'integer' || type === 'number') return `${type === 'integer' ? 'whole number' : 'number'}${range(schema)}`;
  if (type === 'object') return 'object';
  if (type === 'boolean') return 'yes or no';
  return 'any value';
}

function alternatives(variants: readonly JsonSchema[]): string {
  const texts = [...new Set(variants.map(typeText))];
  return texts.length === 1 ? `${texts[0]} (one of ${variants.length} kinds)` : texts.join(', ');
}

function bounds(schema: JsonSchema, noun: 'Items' | 'Length', unit = ''): string {
  const [min, max] = [schema[`min${noun}`], schema[`max${noun}`]];
  const said = [...(typeof min === 'number' && min > 0 ? [`at least ${min}`] : []), ...(typeof max === 'number' ? [`at most ${max}`] : [])];
  return said.length === 0 ? '' : ` (${said.join(', ')}${unit})`;
}

function range({ minimum, maximum }: JsonSchema): string {
  if (typeof minimum === 'number' && typeof maximum === 'number') return ` from ${minimum} to ${maximum}`;
  if (typeof minimum === 'number') return ` from ${minimum}`;
  return typeof maximum === 'number' ? ` to ${maximum}` : '';
}

const textOf = (description: unknown): string => (typeof description === 'string' ? description : '');
