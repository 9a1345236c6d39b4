// SPDX-License-Identifier: Apache-2.0
// Message components and their values: RFC 9421 section 2.
import { serializeItem } from 'structured-headers';
import { SignatureError } from './errors.js';
import { fieldLines, isRequest, requestTarget } from './message.js';
import type { Message, RequestMessage } from './message.js';
import { canonicalField, knownFieldTypes, serializeMember, strictDictionary } from './structured-fields.js';
import type { FieldType, Item } from './structured-fields.js';

/** A component identifier: name and parameters. */
export interface Component {
  readonly name: string;
  readonly parameters: ReadonlyMap<string, unknown>;
  /** As it stands in the signature base. */
  readonly identifier: string;
}

const parameterTypes: Readonly<Record<string, 'boolean' | 'string'>> = { sf: 'boolean', key: 'string', bs: 'boolean', tr: 'boolean', req: 'boolean', name: 'string' };

/** Checks an identifier: known parameters of the right type, a name in lower case. */
export function component([name, parameters]: Item): Component {
  if (typeof name !== 'string' || !/^@?[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name)) throw new SignatureError('component_unsupported', `${String(name)} is not a component name: expected a derived component or a header name in lower case`, { component: String(name) });
  const identifier = serializeItem(name, parameters);
  for (const [parameter, value] of parameters) {
    const type = Object.hasOwn(parameterTypes, parameter) ? parameterTypes[parameter] : undefined;
    if (type === undefined || typeof value !== type || value === false) throw new SignatureError('component_unsupported', `the parameter "${parameter}" of ${identifier} is not supported or has the wrong type`, { component: identifier });
  }
  return { name, parameters, identifier };
}

/** Names the same component regardless of the order of its parameters. */
export function componentKey({ name, parameters }: Component): string {
  return JSON.stringify([name, [...parameters].toSorted(([a], [b]) => (a < b ? -1 : 1))]);
}

/** The value of a component in the message, one line of printable ASCII. */
export function componentValue(covered: Component, message: Message, fieldTypes: Readonly<Record<string, FieldType>>): string {
  const { parameters, identifier } = covered;
  let source: Message = message;
  if (parameters.has('req')) {
    if (isRequest(message)) throw unsupported(identifier, 'refers to the request of a response, but this is a request');
    if (!message.request) throw missing(identifier, 'the request that was answered is not known');
    source = message.request;
  }
  const value = covered.name.startsWith('@') ? derivedValue(covered, source) : fieldValue(covered, source, fieldTypes);
  if (!/^[\u0020-\u007e\t]*$/.test(value)) throw unsupported(identifier, 'has a value with control or non-ASCII characters');
  return value;
}

function derivedValue(covered: Component, message: Message): string {
  const { name, identifier } = covered;
  const allowed = name === '@query-param' ? ['req', 'name'] : ['req'];
  for (const parameter of covered.parameters.keys()) if (!allowed.includes(parameter)) throw unsupported(identifier, `cannot have the parameter "${parameter}"`);
  if (!isRequest(message)) {
    if (name === '@status') return String(message.status);
    throw unsupported(identifier, 'is not a component of responses');
  }
  const target = requestTarget(message);
  switch (name) {
    case '@method': return message.method;
    case '@target-uri': return target.uri;
    case '@authority': return target.authority;
    case '@scheme': return target.scheme;
    case '@request-target': return message.target;
    case '@path': return target.path;
    case '@query': return target.query;
    case '@query-param': return queryParameter(covered, message);
    default: throw unsupported(identifier, 'is not a derived component of requests');
  }
}

function queryParameter({ parameters, identifier }: Component, message: RequestMessage): string {
  const name = parameters.get('name');
  if (typeof name !== 'string') throw unsupported(identifier, 'needs the parameter "name"');
  const values = [...new URLSearchParams(requestTarget(message).query)].filter(([key]) => encodeFormComponent(key) === name).map(([, value]) => value);
  const [value] = values;
  if (value === undefined) throw missing(identifier, 'the query has no such parameter');
  if (values.length > 1) throw new SignatureError('component_repeated', `${identifier} occurs ${values.length} times in the query and so cannot be covered`, { component: identifier });
  return encodeFormComponent(value);
}

/** Percent-encoding of application/x-www-form-urlencoded with spaces as %20 (RFC 9421 section 2.2.8). */
function encodeFormComponent(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function fieldValue({ name, parameters, identifier }: Component, message: Message, fieldTypes: Readonly<Record<string, FieldType>>): string {
  if (parameters.has('name')) throw unsupported(identifier, 'cannot have the parameter "name"');
  const [bs, sf, key] = [parameters.has('bs'), parameters.has('sf'), parameters.get('key')];
  if (bs && (sf || key !== undefined)) throw unsupported(identifier, 'cannot be both a byte sequence and a structured field');
  const lines = fieldLines(parameters.has('tr') ? (message.trailers ?? []) : message.headers, name);
  if (lines.length === 0) throw missing(identifier, parameters.has('tr') ? 'there is no such trailer' : 'there is no such header');
  if (bs) return lines.map((line) => `:${Buffer.from(line, 'latin1').toString('base64')}:`).join(', ');
  const text = lines.join(', ');
  if (!sf && key === undefined) return text;
  const types = { ...knownFieldTypes, ...fieldTypes };
  const type = Object.hasOwn(types, name) ? types[name] : undefined;
  if (type === undefined) throw unsupported(identifier, 'is not known to be a structured field');
  if (typeof key === 'string') {
    const dictionary = type === 'dictionary' ? strictDictionary(text) : undefined;
    if (!dictionary) throw unsupported(identifier, 'is not a dictionary without repeated keys');
    const member = dictionary.get(key);
    if (!member) throw missing(identifier, 'the dictionary has no such key');
    return serializeMember(member);
  }
  const canonical = canonicalField(text, type);
  if (canonical === undefined) throw unsupported(identifier, `is not a well-formed ${type}`);
  return canonical;
}

function unsupported(identifier: string, why: string): SignatureError {
  return new SignatureError('component_unsupported', `${identifier} ${why}`, { component: identifier });
}

function missing(identifier: string, why: string): SignatureError {
  return new SignatureError('component_missing', `${identifier} cannot be covered: ${why}`, { component: identifier });
}
