// SPDX-License-Identifier: Apache-2.0

/** A JSON Schema as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export const isSchema = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a schema says under a keyword whose value is a set of schemas by name. */
export const namedSchemas = (schema: JsonSchema, keyword: string): [string, JsonSchema][] => Object.entries(isSchema(schema[keyword]) ? schema[keyword] : {}).filter((entry): entry is [string, JsonSchema] => isSchema(entry[1]));

/** The alternatives of a schema: itself when it is no union and no enumeration. */
export function variantsOf(schema: JsonSchema): readonly JsonSchema[] {
  if (Array.isArray(schema['anyOf'])) return schema['anyOf'].filter(isSchema);
  return Array.isArray(schema['enum']) ? schema['enum'].map((value: unknown) => ({ const: value })) : [schema];
}

/** The schemas below one, with the JSON Pointer of their values; `*` stands for any item or name. */
export function childrenOf(schema: JsonSchema, at: string): [string, JsonSchema][] {
  const { items } = schema;
  const tuple = Array.isArray(items) ? items.filter(isSchema).map((item, index): [string, JsonSchema] => [`${at}/${index}`, item]) : [];
  return [
    ...namedSchemas(schema, 'properties').map(([name, property]): [string, JsonSchema] => [`${at}/${pointerPart(name)}`, property]),
    ...namedSchemas(schema, 'patternProperties').map(([, property]): [string, JsonSchema] => [`${at}/*`, property]),
    ...(isSchema(items) ? [[`${at}/*`, items] as [string, JsonSchema]] : tuple),
  ];
}

/** A name as a part of a JSON Pointer (RFC 6901). */
export const pointerPart = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

/** Where a schema has objects that may hold nothing undeclared: those that are digested or signed as a whole. */
export function closedPaths(schema: unknown, at = ''): string[] {
  if (!isSchema(schema)) return [];
  return variantsOf(schema).flatMap((variant) => [...(variant['additionalProperties'] === false ? [at] : []), ...childrenOf(variant, at).flatMap(([path, child]) => closedPaths(child, path))]);
}
