// SPDX-License-Identifier: Apache-2.0
// Signature-Input and Signature: RFC 9421 section 4.
import { SignatureError } from './errors.js';
import { fieldLines } from './message.js';
import type { HeaderLines } from './message.js';
import { isInnerList, strictDictionary } from './structured-fields.js';
import type { Dictionary, InnerList } from './structured-fields.js';

/** The parameters of a signature, each of its proper type. */
export interface SignatureParameters {
  readonly created?: number;
  readonly expires?: number;
  readonly nonce?: string;
  readonly alg?: string;
  readonly keyid?: string;
  readonly tag?: string;
}

/** One signature of a message, read but not verified. */
export interface SignatureEntry {
  readonly label: string;
  /** As in Signature-Input: components and parameters. */
  readonly input: InnerList;
  readonly parameters: SignatureParameters;
  readonly signature: Uint8Array;
}

/** Signatures in one message that are still read. */
const maxSignatures = 16;
const parameterTypes = { created: 'number', expires: 'number', nonce: 'string', alg: 'string', keyid: 'string', tag: 'string' } as const;

/** All signatures of a message. @throws SignatureError `signature_missing` or `signature_malformed` */
export function readSignatures(headers: HeaderLines): SignatureEntry[] {
  const inputs = readDictionary(headers, 'signature-input');
  const signatures = readDictionary(headers, 'signature');
  if (inputs.size > maxSignatures) throw malformed(`the message has ${inputs.size} signatures, the limit is ${maxSignatures}`);
  for (const label of signatures.keys()) if (!inputs.has(label)) throw malformed(`the signature "${label}" has no entry in Signature-Input`);
  return [...inputs].map(([label, input]) => {
    if (!isInnerList(input)) throw malformed(`"${label}" in Signature-Input is not a list of components`);
    const member = signatures.get(label);
    const signature = member && !isInnerList(member) ? member[0] : undefined;
    if (!(signature instanceof ArrayBuffer)) throw malformed(`"${label}" has no bytes in Signature`);
    return { label, input, parameters: readParameters(label, input), signature: new Uint8Array(signature) };
  });
}

function readDictionary(headers: HeaderLines, name: string): Dictionary {
  const lines = fieldLines(headers, name);
  if (lines.length === 0) throw new SignatureError('signature_missing', `the message has no ${name} header`);
  const dictionary = strictDictionary(lines.join(', '));
  if (!dictionary || dictionary.size === 0) throw malformed(`${name} is not a dictionary, or repeats a label or a parameter`);
  return dictionary;
}

function readParameters(label: string, [, parameters]: InnerList): SignatureParameters {
  for (const [name, value] of parameters) {
    const type = Object.hasOwn(parameterTypes, name) ? parameterTypes[name as keyof typeof parameterTypes] : undefined;
    if (type === undefined) throw malformed(`"${label}" has the unknown parameter "${name}"`);
    if (typeof value !== type || (typeof value === 'number' && !(Number.isSafeInteger(value) && value >= 0))) throw malformed(`the parameter "${name}" of "${label}" must be a ${type === 'number' ? 'whole number' : 'string'}`);
  }
  return Object.fromEntries(parameters);
}

function malformed(why: string): SignatureError {
  return new SignatureError('signature_malformed', why);
}
