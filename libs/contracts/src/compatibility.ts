// SPDX-License-Identifier: Apache-2.0
// Whether today's schema still reads what was released, and whether what is written today is still read by the services
// of that release. The comparison is by structure and careful: what it cannot judge counts as a break.
import type { RecordType } from './declaration.js';
import { type JsonSchema, isSchema, namedSchemas, pointerPart, variantsOf } from './schema-paths.js';

/** A record type as a release stored it. */
export interface ReleasedType {
  readonly type: string;
  readonly minor: number;
  readonly topic: string;
  readonly extensions: { readonly required: readonly string[]; readonly optional: readonly string[] };
  readonly examples: readonly unknown[];
  readonly schema: JsonSchema;
}

interface Fault {
  /** JSON Pointer of the field, `*` for any item or name. */
  readonly path: string;
  readonly what: string;
  /** Whether an upcaster can make up for it: earlier records are mended, and earlier readers do not mind. */
  readonly carriable: boolean;
  /** Lets more through: what was valid stays valid, and only a digest over the whole value minds. */
  readonly widens?: true;
}

/**
 * Where a schema no longer takes what an earlier one took, a sentence each; empty when every value that was valid still
 * is, as far as structure tells. For schemas of values that are neither digested nor signed as a whole.
 */
export function narrowings(before: JsonSchema, now: JsonSchema): string[] {
  return faultsBetween(before, now, '').filter(({ widens }) => !widens).map(({ path, what }) => `${path === '' ? 'the value' : `the field ${path}`} ${what}`);
}

/**
 * Everything in which a type breaks with a release of it, a sentence each; empty when it only added. A union or a bound
 * may grow: then readers are to be upgraded before writers.
 */
export function compatibilityFaults(released: ReleasedType, today: RecordType): string[] {
  const { type } = released;
  const nextMajor = type.replace(/\.v(\d+)$/, (_, major: string) => `.v${Number(major) + 1}`);
  const way = `Keep it as it was, or make ${nextMajor} beside it`;
  const now = plain(today.schema);
  const carried = new Set(today.upcasters.filter(({ from }) => from >= released.minor).flatMap(({ carries }) => carries));
  const broken = faultsBetween(released.schema, now, '').filter(({ path, carriable }) => !carriable || !carried.has(path));
  const sentences = broken.map(({ path, what, carriable }) => `${type}: ${path === '' ? 'the value' : `the field ${path}`} ${what} since minor ${released.minor}, which breaks ${carriable ? 'the reading of its records' : 'its readers'}. ${way}${carriable ? ', or carry it over by an upcaster' : ''}.`);
  for (const name of today.extensions.required) {
    if (!released.extensions.required.includes(name)) sentences.push(`${type}: the signed header ce_${name} is required now, but records of minor ${released.minor} do not have it. ${way}.`);
  }
  for (const name of released.extensions.required) {
    if (!today.extensions.required.some((one) => one === name)) sentences.push(`${type}: the signed header ce_${name} is no longer required, but readers of minor ${released.minor} demand it. ${way}.`);
  }
  if (today.minor < released.minor) sentences.push(`${type}: its minor version is ${today.minor}, but ${released.minor} was released. Set it to ${released.minor} or above.`);
  if (today.minor === released.minor && !same(essence(released.schema), essence(now))) sentences.push(`${type}: its schema is not the one released as minor ${released.minor}. Set \`minor: ${released.minor + 1}\`, so that readers can tell which they hold.`);
  return sentences;
}

/** A schema as JSON would hold it: without the builder's own marks. */
export const plain = (schema: unknown): JsonSchema => JSON.parse(JSON.stringify(schema)) as JsonSchema;

const judged: ReadonlySet<string> = new Set([
  'type', 'const', 'enum', 'anyOf', 'properties', 'required', 'patternProperties', 'additionalProperties', 'items', 'additionalItems', 'minItems', 'maxItems', 'minLength', 'maxLength', 'pattern', 'minimum', 'maximum',
]);
/** Keywords that say something to people and nothing to a validator. */
const remarks: ReadonlySet<string> = new Set(['description', 'title', 'examples', '$comment']);

const narrowed = (path: string, what: string): Fault => ({ path, what, carriable: true });
const forbidden = (path: string, what: string): Fault => ({ path, what, carriable: false });
const widened = (path: string, what: string): Fault => ({ path, what, carriable: false, widens: true });

function faultsBetween(before: JsonSchema, now: JsonSchema, path: string): Fault[] {
  const [old, today] = [essence(before), essence(now)];
  if (same(old, today)) return [];
  if (Object.keys(today).length === 0) return [];
  if (Object.keys(old).length === 0) return [narrowed(path, 'no longer takes any value')];
  const [variants, allowed] = [variantsOf(before), variantsOf(now)];
  if (variants.length === 1 && allowed.length === 1) return ofOne(variants[0] ?? {}, allowed[0] ?? {}, path);
  return variants.flatMap((variant) => ofVariant(variant, allowed, path));
}

/** What keeps a variant of a union from being any of today's. */
function ofVariant(variant: JsonSchema, allowed: readonly JsonSchema[], path: string): readonly Fault[] {
  if ('const' in variant) return allowed.some((candidate) => ofOne(variant, candidate, path).length === 0) ? [] : [narrowed(path, `no longer allows ${JSON.stringify(variant['const'])}`)];
  const kind = kindOf(variant);
  const alike = kind === undefined ? allowed : allowed.filter((candidate) => kindOf(candidate) === kind);
  const [closest] = alike.map((candidate) => ofOne(variant, candidate, path)).toSorted((a, b) => a.length - b.length);
  return closest ?? [narrowed(path, `no longer allows { ${kind} }`)];
}

/** What tells a variant of a union of objects from the others: its fields of one value. */
function kindOf(variant: JsonSchema): string | undefined {
  const fixed = namedSchemas(variant, 'properties').filter(([, property]) => 'const' in property);
  return fixed.length === 0 ? undefined : fixed.map(([name, property]) => `${name}: ${JSON.stringify(property['const'])}`).join(', ');
}

function ofOne(old: JsonSchema, now: JsonSchema, path: string): Fault[] {
  const unknown = [...Object.keys(old), ...Object.keys(now)].filter((keyword) => !judged.has(keyword) && !remarks.has(keyword) && !same(old[keyword], now[keyword]));
  if (unknown.length > 0) return [narrowed(path, `says otherwise about ${unknown[0]}`)];
  if ('const' in now) return same(old['const'], now['const']) ? [] : [narrowed(path, `is ${JSON.stringify(now['const'])} only`)];
  if (now['type'] !== undefined && old['type'] !== now['type'] && !(old['type'] === 'integer' && now['type'] === 'number')) return [narrowed(path, `is of type ${JSON.stringify(now['type'])}, it was ${old['type'] === undefined ? 'of any' : JSON.stringify(old['type'])}`)];
  return [...boundFaults(old, now, path), ...objectFaults(old, now, path), ...itemFaults(old, now, path)];
}

/** Bounds that let less through than they did. */
function boundFaults(old: JsonSchema, now: JsonSchema, path: string): Fault[] {
  const above = ['minimum', 'minLength', 'minItems'].filter((keyword) => numberOf(now[keyword], -Infinity) > numberOf(old[keyword], -Infinity));
  const below = ['maximum', 'maxLength', 'maxItems'].filter((keyword) => numberOf(now[keyword], Infinity) < numberOf(old[keyword], Infinity));
  const pattern = now['pattern'] !== undefined && now['pattern'] !== old['pattern'] ? ['pattern'] : [];
  return [...above, ...below, ...pattern].map((keyword) => narrowed(path, `has a narrower ${keyword}`));
}

function objectFaults(old: JsonSchema, now: JsonSchema, path: string): Fault[] {
  const faults: Fault[] = [];
  const [before, after] = [new Map(namedSchemas(old, 'properties')), new Map(namedSchemas(now, 'properties'))];
  const [wasRequired, isRequired] = [namesIn(old['required']), namesIn(now['required'])];
  const closed = old['additionalProperties'] === false;
  if (closed !== (now['additionalProperties'] === false)) faults.push(closed ? widened(path, 'is open for undeclared fields') : forbidden(path, 'is closed to undeclared fields'));
  for (const [name, schema] of before) {
    const field = `${path}/${pointerPart(name)}`;
    const next = after.get(name);
    if (next) faults.push(...faultsBetween(schema, next, field));
    else faults.push(wasRequired.has(name) ? forbidden(field, 'was removed, although it is required') : narrowed(field, 'was removed'));
  }
  for (const name of after.keys()) if (closed && !before.has(name)) faults.push(widened(`${path}/${pointerPart(name)}`, 'was added to an object that is closed because it is digested or signed as a whole'));
  for (const name of isRequired) if (!wasRequired.has(name)) faults.push(narrowed(`${path}/${pointerPart(name)}`, 'became required'));
  const [patterns, nowPatterns] = [new Map(namedSchemas(old, 'patternProperties')), new Map(namedSchemas(now, 'patternProperties'))];
  for (const [pattern, schema] of nowPatterns) faults.push(...(patterns.has(pattern) ? faultsBetween(patterns.get(pattern) ?? {}, schema, `${path}/*`) : [narrowed(`${path}/*`, 'has rules for its names')]));
  return inClosed(faults, closed, path);
}

/** Whatever changes in an object that is digested or signed as a whole cannot be carried over. */
const inClosed = (faults: readonly Fault[], closed: boolean, path: string): Fault[] => (closed ? faults.map((fault) => (fault.path.startsWith(`${path}/`) ? { ...fault, carriable: false } : fault)) : [...faults]);

function itemFaults(old: JsonSchema, now: JsonSchema, path: string): Fault[] {
  const [before, after] = [old['items'], now['items']];
  if (Array.isArray(before) || Array.isArray(after)) {
    if (!Array.isArray(before) || !Array.isArray(after) || before.length !== after.length || !same(old['additionalItems'], now['additionalItems'])) return [narrowed(path, 'has other places')];
    return before.flatMap((item, index) => faultsBetween(item as JsonSchema, after[index] as JsonSchema, `${path}/${index}`));
  }
  if (!isSchema(after)) return [];
  return faultsBetween(isSchema(before) ? before : {}, after, `${path}/*`);
}

/** A schema without what it says to people. */
function essence(schema: JsonSchema): JsonSchema {
  const bare: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (remarks.has(keyword)) continue;
    if (keyword === 'properties' || keyword === 'patternProperties') bare[keyword] = Object.fromEntries(Object.entries(value as Record<string, JsonSchema>).map(([name, one]) => [name, essence(one)]));
    else if (keyword === 'required' && Array.isArray(value)) bare[keyword] = [...namesIn(value)].toSorted();
    else if (Array.isArray(value)) bare[keyword] = value.map((one: unknown) => (isSchema(one) ? essence(one) : one));
    else bare[keyword] = isSchema(value) ? essence(value) : value;
  }
  return bare;
}

/** Whether two JSON values are equal; the order of names means nothing. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) || Array.isArray(b)) return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((one, index) => same(one, b[index]));
  if (!isSchema(a) || !isSchema(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && same(a[name], b[name]));
}

const numberOf = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise);
const namesIn = (required: unknown): ReadonlySet<string> => new Set(Array.isArray(required) ? required.filter((name): name is string => typeof name === 'string') : []);
