// SPDX-License-Identifier: Apache-2.0
// Structured fields with what the parser forgives and signatures must not: repeated keys. RFC 9651 lets the last one
// win, so that two readers of one message could see two different things as signed.
import { isInnerList, parseDictionary, parseItem, parseList, serializeDictionary, serializeInnerList, serializeItem, serializeList } from 'structured-headers';
import type { Dictionary, InnerList, Item } from 'structured-headers';
import { SignatureError } from './errors.js';

export type { Dictionary, InnerList, Item };
export { isInnerList, serializeInnerList };

/** What a structured field is at its top. */
export type FieldType = 'dictionary' | 'list' | 'item';

/** The fields that `sf` and `key` are supported for; others can be given with the policy. */
export const knownFieldTypes: Readonly<Record<string, FieldType>> = {
  'accept-signature': 'dictionary',
  'cache-control': 'dictionary',
  'content-digest': 'dictionary',
  priority: 'dictionary',
  'repr-digest': 'dictionary',
  signature: 'dictionary',
  'signature-input': 'dictionary',
  'want-content-digest': 'dictionary',
  'want-repr-digest': 'dictionary',
};

/** A dictionary whose keys and parameter names are all different; `undefined` for anything else. */
export function strictDictionary(text: string): Dictionary | undefined {
  const dictionary = attempt(() => parseDictionary(text));
  if (!dictionary) return undefined;
  const { members, parameters } = countSeparators(text);
  const named = [...dictionary.values()].reduce((sum, member) => sum + parameterCount(member), 0);
  const expected = dictionary.size === 0 ? 0 : members;
  return dictionary.size === expected && named === parameters ? dictionary : undefined;
}

/** One member of a dictionary as it is signed under `key`. */
export function serializeMember(member: Item | InnerList): string {
  return isInnerList(member) ? serializeInnerList(member) : serializeItem(member);
}

/** The canonical text of a whole field, as it is signed under `sf`; `undefined` when it is not of the type. */
export function canonicalField(text: string, type: FieldType): string | undefined {
  if (type === 'dictionary') {
    const dictionary = strictDictionary(text);
    return dictionary && serializeDictionary(dictionary);
  }
  return attempt(() => (type === 'list' ? serializeList(parseList(text)) : serializeItem(parseItem(text))));
}

/** Reads one component identifier, such as `"@query-param";name="Pet"`; a bare name may stand for itself. */
export function parseIdentifier(text: string): Item {
  const item: Item | undefined = text.startsWith('"') ? attempt(() => parseItem(text)) : [text, new Map()];
  if (!item || parameterCount(item) !== countSeparators(text).parameters) throw new SignatureError('component_unsupported', `${text} is not a component identifier`, { component: text });
  return item;
}

function parameterCount(member: Item | InnerList): number {
  if (!isInnerList(member)) return member[1].size;
  return member[0].reduce((sum, item) => sum + item[1].size, member[1].size);
}

/** Members and parameters as written, strings skipped: what is more than the parser kept was repeated. */
function countSeparators(text: string): { members: number; parameters: number } {
  let [members, parameters] = [1, 0];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === ',') members++;
    else if (character === ';') parameters++;
    else if (character === '"') {
      // Strings escape with a backslash, display strings (%"...") do not.
      const escapes = text[at - 1] !== '%';
      for (at++; at < text.length && text[at] !== '"'; at++) if (escapes && text[at] === '\\') at++;
    }
  }
  return { members, parameters };
}

/** The parser's result, `undefined` where it throws: it has no error to tell apart. */
function attempt<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch {
    return undefined;
  }
}
