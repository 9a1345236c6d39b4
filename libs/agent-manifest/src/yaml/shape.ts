// SPDX-License-Identifier: Apache-2.0
// A schema that reports: every reader goes on after a fault, so that a person sees all of them at once. (TypeBox stops
// after eight errors and names the arms of a union instead of what was meant.)
import type { Path } from '../fault.js';

/** Where faults go; a `YamlFile` adds file, line and column. */
export interface Reporter {
  error(path: Path, message: string, hint?: string): void;
}

/** For a look at a value whose faults were already told. */
export const silent: Reporter = { error: () => undefined };

/** Reads one value, reports what is wrong with it, and gives back what can be used. */
export type Shape<T> = (value: unknown, path: Path, file: Reporter) => T | undefined;

interface Field<T> {
  readonly shape: Shape<T>;
  readonly optional: boolean;
}
type Fields = Readonly<Record<string, Field<unknown>>>;
type Read<F extends Fields> = { readonly [K in keyof F as F[K]['optional'] extends true ? never : K]: F[K] extends Field<infer T> ? T : never } & {
  readonly [K in keyof F as F[K]['optional'] extends true ? K : never]?: F[K] extends Field<infer T> ? T : never;
};

export const required = <T>(shape: Shape<T>) => ({ shape, optional: false }) as const;
export const optional = <T>(shape: Shape<T>) => ({ shape, optional: true }) as const;

/**
 * An object with exactly these fields.
 * @param notYet names of fields that the format knows and this release does not hold, with what to do instead
 */
export function object<F extends Fields>(fields: F, notYet: Readonly<Record<string, string>> = {}): Shape<Read<F>> {
  return (value, path, file) => {
    if (!isObject(value)) {
      file.error(path, `expected an object with ${listed(Object.keys(fields))}, found ${kindOf(value)}`);
      return undefined;
    }
    for (const name of Object.keys(value)) {
      if (Object.hasOwn(fields, name)) continue;
      if (Object.hasOwn(notYet, name)) file.error([...path, name], `"${name}" is not supported in this release`, notYet[name]);
      else file.error([...path, name], `"${name}" is not a field here`, suggestion(name, Object.keys(fields)));
    }
    const read: Record<string, unknown> = {};
    let whole = true;
    for (const [name, field] of Object.entries(fields)) {
      if (Object.hasOwn(value, name)) {
        if (value[name] === null) {
          file.error([...path, name], `"${name}" has no value`, 'Give it one, or leave it out.');
          whole = false;
          continue;
        }
        const result = field.shape(value[name], [...path, name], file);
        if (result === undefined) whole = false;
        else read[name] = result;
      } else if (!field.optional) {
        file.error(path, `"${name}" is missing`);
        whole = false;
      }
    }
    return whole ? (read as Read<F>) : undefined;
  };
}

/** A list; `most` bounds it. */
export function list<T>(item: Shape<T>, bounds: { readonly least?: number; readonly most: number }): Shape<readonly T[]> {
  return (value, path, file) => {
    if (!Array.isArray(value)) {
      file.error(path, `expected a list, found ${kindOf(value)}`);
      return undefined;
    }
    const least = bounds.least ?? 0;
    if (value.length < least || value.length > bounds.most) {
      file.error(path, `expected ${least} to ${bounds.most} entries, found ${value.length}`);
      return undefined;
    }
    const read = value.map((entry: unknown, index) => item(entry, [...path, index], file));
    return read.includes(undefined) ? undefined : (read as T[]);
  };
}

/** One value or a list of them; always read as a list. */
export const oneOrMore = <T>(item: Shape<T>, most: number): Shape<readonly T[]> => {
  const many = list(item, { least: 1, most });
  return (value, path, file) => {
    if (Array.isArray(value)) return many(value, path, file);
    const one = item(value, path, file);
    return one === undefined ? undefined : [one];
  };
};

/** Names of the author's choice to values. */
export function record<T>(item: Shape<T>, most = 64): Shape<Readonly<Record<string, T>>> {
  return (value, path, file) => {
    if (!isObject(value)) {
      file.error(path, `expected an object, found ${kindOf(value)}`);
      return undefined;
    }
    const names = Object.keys(value);
    if (names.length > most) file.error(path, `expected at most ${most} entries, found ${names.length}`);
    const read = names.map((name) => [name, item(value[name], [...path, name], file)] as const);
    return read.some(([, one]) => one === undefined) || names.length > most ? undefined : (Object.fromEntries(read) as Record<string, T>);
  };
}

/** Text, bounded, and of a stated form where `form` is given. */
export function text(bounds: { readonly most: number; readonly form?: RegExp; readonly expected?: string }): Shape<string> {
  return (value, path, file) => {
    const expected = bounds.expected ?? `text of 1 to ${bounds.most} characters`;
    if (typeof value !== 'string') {
      file.error(path, `expected ${expected}, found ${kindOf(value)}`, typeof value === 'number' || typeof value === 'boolean' ? 'Put it in quotes.' : undefined);
      return undefined;
    }
    if (value.length >= 1 && value.length <= bounds.most && (bounds.form?.test(value) ?? true)) return value;
    file.error(path, `expected ${expected}, found ${shown(value)}`);
    return undefined;
  };
}

/** One of a few words; `notYet` are words that the format knows and this release does not. */
export function choice<const T extends string | number>(allowed: readonly T[], notYet: Readonly<Record<string, string>> = {}): Shape<T> {
  return (value, path, file) => {
    const found = allowed.find((one) => one === value);
    if (found !== undefined) return found;
    if (typeof value === 'string' && Object.hasOwn(notYet, value)) file.error(path, `"${value}" is not supported in this release`, notYet[value]);
    else file.error(path, `expected ${listed(allowed.map(String), 'or')}, found ${shown(value)}`, typeof value === 'string' ? suggestion(value, allowed.map(String)) : undefined);
    return undefined;
  };
}

export function numeric(bounds: { readonly min: number; readonly max: number; readonly integer?: boolean }): Shape<number> {
  return (value, path, file) => {
    if (typeof value === 'number' && value >= bounds.min && value <= bounds.max && (!bounds.integer || Number.isInteger(value))) return value;
    file.error(path, `expected ${bounds.integer ? 'an integer' : 'a number'} from ${bounds.min} to ${bounds.max}, found ${shown(value)}`);
    return undefined;
  };
}

export const integer = (min: number, max: number): Shape<number> => numeric({ min, max, integer: true });

export const truth: Shape<boolean> = (value, path, file) => {
  if (typeof value === 'boolean') return value;
  file.error(path, `expected true or false, found ${shown(value)}`);
  return undefined;
};

/** Any JSON value. */
export const anything: Shape<unknown> = (value) => value;

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `6h`, `30d`, read as milliseconds. */
export function duration(minMs: number, maxMs: number): Shape<number> {
  return (value, path, file) => {
    const match = typeof value === 'string' ? /^(\d{1,9})(ms|s|m|h|d)$/.exec(value) : undefined;
    const ms = match ? Number(match[1]) * (units[match[2] ?? ''] ?? Number.NaN) : Number.NaN;
    if (ms >= minMs && ms <= maxMs) return ms;
    file.error(path, `expected a duration from ${durationText(minMs)} to ${durationText(maxMs)} such as "90s" or "6h", found ${shown(value)}`);
    return undefined;
  };
}

function durationText(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) if (ms % (units[unit] ?? 1) === 0 && ms > 0) return `${ms / (units[unit] ?? 1)}${unit}`;
  return `${ms}ms`;
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);

export const kindOf = (value: unknown): string => (value === null || value === undefined ? 'nothing' : Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `${typeof value} ${shown(value)}`);

export const shown = (value: unknown): string => {
  const json = JSON.stringify(value) ?? 'nothing';
  return json.length > 60 ? `${json.slice(0, 57)}...` : json;
};

export const listed = (names: readonly string[], last: 'and' | 'or' = 'and'): string => (names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} ${last} ${names.at(-1)}`);

/** "Did you mean": the known name that is at most two edits away. */
export function suggestion(name: string, known: readonly string[]): string | undefined {
  const near = known.map((candidate) => ({ candidate, edits: editsBetween(name.toLowerCase(), candidate.toLowerCase()) })).sort((a, b) => a.edits - b.edits)[0];
  return near && near.edits <= 2 ? `Did you mean "${near.candidate}"?` : `Known are ${listed(known)}.`;
}

function editsBetween(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) row.push(Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    previous = row;
  }
  return previous[b.length] ?? 0;
}
