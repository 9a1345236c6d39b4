// SPDX-License-Identifier: Apache-2.0
import { atPointer, type OperationDescriptor } from '@nervus/contracts';
import { RE2JS } from 're2js';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import type { Path } from './fault.js';
import type { YamlFile } from './yaml/document.js';
import { anything, integer, list, numeric, object, optional, record, type Shape, shown, suggestion, text } from './yaml/shape.js';

/**
 * What a manifest allows one parameter to be. The keys are the words of JSON Schema with one difference: `pattern` must
 * fit the whole value, because a search that passes on a part of it is a trap in a security rule.
 */
export interface Constraint {
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly min?: number;
  readonly max?: number;
  /** Unicode code points. */
  readonly maxLength?: number;
}
/** Constraints of one tool, by parameter name or JSON Pointer into the parameters. */
export type Constraints = Readonly<Record<string, Constraint>>;

export const constraintsShape: Shape<Constraints> = record(
  object({
    const: optional(anything),
    enum: optional(list(anything, { least: 1, most: 1000 })),
    pattern: optional(text({ most: 500 })),
    min: optional(numeric({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER })),
    max: optional(numeric({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER })),
    maxLength: optional(integer(0, 1_000_000)),
  }),
);

export interface BrokenConstraint {
  readonly pointer: string;
  readonly keyword: keyof Constraint;
  readonly expected: string;
}

/** `channel` and `/channel` name the same parameter. */
export const constraintPointer = (name: string): string => (name.startsWith('/') ? name : `/${name}`);

/**
 * The constraints that these parameters do not keep. `const` and `enum` also bind a parameter that is absent; the others
 * speak only about a value that is there.
 */
export function brokenConstraints(constraints: Constraints, params: Readonly<Record<string, unknown>>): BrokenConstraint[] {
  return Object.entries(constraints).flatMap(([name, constraint]) => {
    const pointer = constraintPointer(name);
    return brokenBy(constraint, atPointer(params, pointer)).map((keyword) => ({ pointer, keyword, expected: shown(constraint[keyword]) }));
  });
}

/** True when the manifest itself fixes this value: it is the constant, or one of the listed ones. */
export function isFixedByManifest(constraints: Constraints, pointer: string, value: unknown): boolean {
  return Object.entries(constraints).some(([name, constraint]) => {
    if (constraintPointer(name) !== pointer) return false;
    if ('const' in constraint) return Value.Equal(constraint.const, value);
    return constraint.enum?.some((allowed) => Value.Equal(allowed, value)) ?? false;
  });
}

function brokenBy(constraint: Constraint, value: unknown): (keyof Constraint)[] {
  const broken: (keyof Constraint)[] = [];
  if ('const' in constraint && !Value.Equal(constraint.const, value)) broken.push('const');
  if (constraint.enum && !constraint.enum.some((allowed) => Value.Equal(allowed, value))) broken.push('enum');
  if (value === undefined) return broken;
  if (constraint.pattern !== undefined && !(typeof value === 'string' && fits(constraint.pattern, value))) broken.push('pattern');
  if (constraint.min !== undefined && !(typeof value === 'number' && value >= constraint.min)) broken.push('min');
  if (constraint.max !== undefined && !(typeof value === 'number' && value <= constraint.max)) broken.push('max');
  if (constraint.maxLength !== undefined && !(typeof value === 'string' && codePoints(value) <= constraint.maxLength)) broken.push('maxLength');
  return broken;
}

const codePoints = (text: string): number => Array.from(text).length;

const compiled = new Map<string, RE2JS | undefined>();

// Linear time (RE2): a pattern of one agent must not hold up the others. A pattern that cannot be compiled fits nothing.
function fits(pattern: string, value: string): boolean {
  if (!compiled.has(pattern)) {
    if (compiled.size >= 1000) compiled.clear();
    compiled.set(pattern, compile(pattern));
  }
  return compiled.get(pattern)?.matches(value) ?? false;
}

function compile(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern);
  } catch {
    return undefined;
  }
}

/** Checks that each constraint names a parameter of the operation and says something that the parameter can be. */
export function checkConstraints(file: YamlFile, path: Path, operation: OperationDescriptor, constraints: Constraints): void {
  const known = Object.keys(propertiesOf(operation.input) ?? {});
  for (const [name, constraint] of Object.entries(constraints)) {
    const at = [...path, name];
    const pointer = constraintPointer(name);
    const [top = '', ...below] = pointer.split('/').slice(1);
    const schema = schemaAt(operation.input, pointer);
    if (!known.includes(top)) file.error(at, `${operation.name} has no parameter "${top}"`, suggestion(top, known));
    else if (schema === undefined && below.length > 0) file.error(at, `the parameter "${top}" has no declared member ${pointer}`, `Constrain "${top}" itself.`);
    else checkFit(file, at, constraint, schema);
  }
}

function checkFit(file: YamlFile, at: Path, constraint: Constraint, schema: TSchema | undefined): void {
  if (schema && 'const' in constraint && !Value.Check(schema, constraint.const)) file.error([...at, 'const'], `the tool does not accept ${shown(constraint.const)} here`);
  if (schema && constraint.enum) for (const [index, allowed] of constraint.enum.entries()) if (!Value.Check(schema, allowed)) file.error([...at, 'enum', index], `the tool does not accept ${shown(allowed)} here`);
  if (constraint.min !== undefined && constraint.max !== undefined && constraint.min > constraint.max) file.error([...at, 'min'], `min ${constraint.min} is above max ${constraint.max}`);
  const type = schema && 'type' in schema && typeof schema.type === 'string' ? schema.type : undefined;
  if (type !== undefined && type !== 'string' && (constraint.pattern !== undefined || constraint.maxLength !== undefined)) file.error(at, `pattern and maxLength bind text, and this parameter is of type ${type}`);
  if (type !== undefined && type !== 'number' && type !== 'integer' && (constraint.min !== undefined || constraint.max !== undefined)) file.error(at, `min and max bind numbers, and this parameter is of type ${type}`);
  if (constraint.pattern === undefined) return;
  try {
    RE2JS.compile(constraint.pattern);
  } catch (error) {
    file.error([...at, 'pattern'], `the pattern cannot be used: ${error instanceof Error ? error.message : String(error)}`, 'Patterns are RE2: no look-around, no back-references.');
  }
}

/** Members of an object schema; undefined where it is none. */
export const propertiesOf = (schema: TSchema): Readonly<Record<string, TSchema>> | undefined => ('properties' in schema ? (schema.properties as Record<string, TSchema>) : undefined);

/** Schema of what a pointer names inside the parameters; undefined where the tool does not declare it. */
export function schemaAt(input: TSchema, pointer: string): TSchema | undefined {
  let at: TSchema | undefined = input;
  for (const step of pointer.split('/').slice(1)) at = at && propertiesOf(at)?.[step.replaceAll('~1', '/').replaceAll('~0', '~')];
  return at;
}
