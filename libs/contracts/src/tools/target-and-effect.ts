// SPDX-License-Identifier: Apache-2.0
import type { Effect } from '../exact-action.js';
import type { OperationDescriptor, Pointer } from './descriptor.js';

/** Reads a JSON Pointer (RFC 6901); undefined where the path does not exist. */
export function atPointer(value: unknown, pointer: string): unknown {
  let at: unknown = value;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[key];
  }
  return at;
}

/**
 * The target and the effect of an operation with these parameters. The one place where they are computed: reasoning
 * proposes them, approval and action compute them again and refuse a difference. A parameter that the effect depends
 * on and that is missing gives the operation's `otherwise`, which is its worst case.
 */
export function targetAndEffect(operation: OperationDescriptor, params: Readonly<Record<string, unknown>>): { target: string; effect: Effect } {
  const target = operation.target.replaceAll(/\{(\/[^}]+)\}/g, (_, pointer: Pointer) => textOf(atPointer(params, pointer)));
  return { target, effect: effectOf(operation, params) };
}

function effectOf(operation: OperationDescriptor, params: Readonly<Record<string, unknown>>): Effect {
  const rule = operation.effect;
  if ('constant' in rule) return rule.constant;
  const value = textOf(atPointer(params, rule.by));
  return Object.hasOwn(rule.cases, value) ? (rule.cases[value] ?? rule.otherwise) : rule.otherwise;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
