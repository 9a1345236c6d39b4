// SPDX-License-Identifier: Apache-2.0
// How a rules file says what to propose: a tool and, for each parameter, a constant of the owner, a named result of the
// brain, or a place in the signal. No expressions: what decides where an action goes can be read off the file.
import { integer, isObject, kindOf, list, numeric, object, optional, record, required, type Shape, text } from '../yaml/shape.js';

/** Where the value of a parameter comes from. */
export type ParamTemplate =
  | { readonly const: unknown }
  | { readonly from: string }
  | { readonly signal: string }
  | { readonly object: Readonly<Record<string, ParamTemplate>> };

const pointer = text({ most: 256, form: /^(\/[^/]*)*$/, expected: 'a JSON Pointer into the content of the signal, such as "/title"' });

export const paramTemplate: Shape<ParamTemplate> = (value, path, file) => {
  const names = isObject(value) ? Object.keys(value) : [];
  if (!isObject(value) || names.length !== 1) {
    file.error(path, `expected one of {const: ...}, {from: <result>}, {signal: <pointer>} and {object: {...}}, found ${kindOf(value)}`);
    return undefined;
  }
  switch (names[0]) {
    case 'const':
      return { const: value['const'] };
    case 'from':
      return one(text({ most: 64 })(value['from'], [...path, 'from'], file), (from) => ({ from }));
    case 'signal':
      return one(pointer(value['signal'], [...path, 'signal'], file), (signal) => ({ signal }));
    case 'object':
      return one(record(paramTemplate, 32)(value['object'], [...path, 'object'], file), (members) => ({ object: members }));
    default:
      file.error([...path, names[0] ?? ''], `"${names[0]}" is no source of a value`, 'Use const, from, signal or object.');
      return undefined;
  }
};

const one = <T, R>(value: T | undefined, make: (value: T) => R): R | undefined => (value === undefined ? undefined : make(value));

/** One action that the rules propose when the conclusion is severe enough. */
export const proposalShape = object({
  name: required(text({ most: 63, form: /^[a-z0-9][a-z0-9-]*$/, expected: 'a name in lower case, used in the id of the action' })),
  when: required(object({ minSeverity: required(integer(0, 100)) })),
  tool: required(text({ most: 150 })),
  confidence: optional(numeric({ min: 0, max: 1 })),
  params: required(record(paramTemplate, 32)),
});
export type ProposalTemplate = typeof proposalShape extends Shape<infer T> ? T : never;

export const proposalsShape = list(proposalShape, { most: 16 });
