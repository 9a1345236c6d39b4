// SPDX-License-Identifier: Apache-2.0
// How values of earlier minor versions are read. A minor version adds; where it does more, an upcaster carries the
// earlier value over, after its signature was checked and before it is validated. The record itself stays as it is.
import { closedPaths } from './schema-paths.js';

/** The value of a record as it was parsed. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Carries a value from one minor version to the next. */
export interface Upcaster {
  /** The minor version that it reads; what it returns is of the next one. */
  readonly from: number;
  /**
   * Fields whose change would break the reading of earlier records without it, as JSON Pointers into the value with `*`
   * for any item or name. The comparison with what was released lets exactly these pass.
   */
  readonly carries: readonly string[];
  /** Pure: no clock, no chance, and the value that it is given stays as it is. */
  readonly upcast: (value: JsonObject) => JsonObject;
}

/** What an upcaster needs to know of its record type. */
interface Versioned {
  readonly type: string;
  readonly minor: number;
  readonly schema: unknown;
  readonly upcasters: readonly Upcaster[];
}

/** The step of a minor version that only added: for chains in which another step does more. */
export const additiveFrom = (minor: number): Upcaster => ({ from: minor, carries: [], upcast: (value) => value });

/**
 * Refuses a chain that does not lead from the first minor version to the present one. No upcasters at all are fine: then
 * every step only added.
 * @throws TypeError naming the step that is missing or the field that may not be carried
 */
export function checkUpcasters({ type, minor, schema, upcasters }: Versioned): void {
  if (!Number.isSafeInteger(minor) || minor < 0) throw new TypeError(`${type}: the minor version is ${minor}, expected a whole number from 0`);
  if (upcasters.length === 0) return;
  for (let step = 0; step < Math.max(minor, upcasters.length); step++) {
    const from = upcasters[step]?.from;
    if (step >= minor) throw new TypeError(`${type}: an upcaster from minor ${from} leads beyond minor ${minor}: raise the minor version of the type, or remove the upcaster`);
    if (from !== step) throw new TypeError(`${type}: its upcasters have a gap: expected one from minor ${step}, found ${from === undefined ? 'none' : `one from ${from}`}; write it, or additiveFrom(${step}) where that version only added`);
  }
  // What is digested or signed as a whole would no longer be what was signed.
  const closed = closedPaths(schema);
  for (const path of upcasters.flatMap(({ carries }) => carries)) {
    const within = closed.find((one) => path === one || path.startsWith(`${one}/`));
    if (within !== undefined) throw new TypeError(`${type}: an upcaster carries ${path}, but ${within || 'the value'} is closed because it is digested or signed as a whole: make a new major version instead`);
  }
}

/** The minor version in a `ce_dataschema` of this type; undefined when it is of another type or not in this form. */
export function minorIn(type: string, dataSchema: string): number | undefined {
  const start = `urn:nervus:schema:${type}:`;
  const text = dataSchema.startsWith(start) ? dataSchema.slice(start.length) : '';
  return /^(0|[1-9]\d{0,5})$/.test(text) ? Number(text) : undefined;
}

/** The value of `ce_dataschema` for a minor version of a type. */
export const dataSchemaOf = (type: string, minor: number): string => `urn:nervus:schema:${type}:${minor}`;

/**
 * The value as the present minor version would have written it. A value of a newer one comes back as it is: what it has
 * more than is known here is ignored. So does what is no object, for validation to refuse.
 * @throws whatever an upcaster throws on a value that is not of its version
 */
export function upcast({ upcasters }: Pick<Versioned, 'upcasters'>, minor: number, value: unknown): unknown {
  if (upcasters.length <= minor || typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return upcasters.slice(minor).reduce<JsonObject>((current, step) => step.upcast(current), value as JsonObject);
}
