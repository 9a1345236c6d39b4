// SPDX-License-Identifier: Apache-2.0
// The structured-field-tests of the HTTP working group, run through the parser this package depends on: what it gets
// wrong must stay what is known, none of which can make a wrong signature verify.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DisplayString, parseDictionary, parseItem, parseList, serializeDictionary, serializeItem, serializeList, Token } from 'structured-headers';
import type { Dictionary, Item, List } from 'structured-headers';
import { beforeEach, describe, expect, test } from 'vitest';

const folder = join(import.meta.dirname, '../../../../shared/data/structured-fields');
type Raw = string | number | boolean | { __type: string; value: string | number };
type RawItem = [Raw, [string, Raw][]];
type RawMember = RawItem | [RawItem[], [string, Raw][]];
interface Case {
  name: string;
  raw?: string[];
  header_type: 'item' | 'list' | 'dictionary';
  expected?: unknown;
  must_fail?: boolean;
  can_fail?: boolean;
  canonical?: string[];
}

describe('structured-field-tests', () => {
  beforeEach(({ skip }) => skip(!existsSync(folder), 'published data of structured-field-tests is not beside the repository'));
  const files = existsSync(folder) ? globSync(['*.json', 'serialisation-tests/*.json'], { cwd: folder }).toSorted() : [];
  const cases = files.flatMap((file) => {
    const parsed: Case[] = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    return parsed.map((one) => ({ ...one, file: file.replaceAll('\\', '/') }));
  });

  test('all parsing and serialising cases are there', () => {
    expect(cases.filter(({ raw }) => raw)).toHaveLength(1591);
    expect(cases.filter(({ raw }) => !raw)).toHaveLength(544);
  });

  test('the parser accepts and refuses what it must', () => {
    const wrong = cases.filter(({ raw }) => raw).filter((one) => !parsesRight(one));
    expect(wrong.map(({ file, name }) => `${file}: ${name}`)).toEqual([]);
  });

  test('the serialiser writes the canonical text, except for what JavaScript numbers and dates cannot hold', () => {
    const wrong = cases.filter((one) => !serialisesRight(one)).filter(({ canonical, raw, name }) => {
      const text = (canonical ?? raw ?? []).join(', ');
      // 1.0 is the number 1, dates end at 8.64e15 ms, and half a thousandth has no exact binary form to round to even.
      return !(/\d\.0(?!\d)/.test(text) || /^@-?9{15}$/.test(text) || /^round (?:positive|negative) even decimal/.test(name));
    });
    expect(wrong.map(({ file, name }) => `${file}: ${name}`)).toEqual([]);
  });
});

function parse({ raw = [], header_type }: Case): Item | List | Dictionary | undefined {
  const text = raw.join(', ');
  try {
    return header_type === 'item' ? parseItem(text) : header_type === 'list' ? parseList(text) : parseDictionary(text);
  } catch {
    return undefined;
  }
}

function parsesRight(one: Case): boolean {
  const parsed = parse(one);
  if (parsed === undefined) return one.must_fail === true || one.can_fail === true;
  return one.must_fail !== true && JSON.stringify(plain(parsed)) === JSON.stringify(plain(build(one)));
}

function serialisesRight(one: Case): boolean {
  if (one.raw && parse(one) === undefined) return true;
  let text: string | undefined;
  try {
    // Values that must fail already fail to be made.
    const value = one.raw ? parse(one) : build(one);
    text = one.header_type === 'item' ? serializeItem(value as Item) : one.header_type === 'list' ? serializeList(value as List) : serializeDictionary(value as Dictionary);
  } catch {
    text = undefined;
  }
  if (!one.raw && one.must_fail) return text === undefined;
  return text === (one.canonical ?? one.raw ?? []).join(', ');
}

/** The value that a case describes, in the parser's own types. */
function build({ header_type, expected }: Case): Item | List | Dictionary {
  if (header_type === 'item') return item(expected as RawItem);
  if (header_type === 'list') return (expected as RawMember[]).map(member);
  return new Map((expected as [string, RawMember][]).map(([key, value]) => [key, member(value)]));
}

const parameters = (raw: [string, Raw][]) => new Map(raw.map(([key, value]) => [key, bare(value)]));
const item = ([value, params]: RawItem): Item => [bare(value), parameters(params)];
const member = (raw: RawMember): List[number] => (Array.isArray(raw[0]) ? [raw[0].map(item), parameters(raw[1])] : item(raw as RawItem));

function bare(raw: Raw): Item[0] {
  if (typeof raw !== 'object') return raw;
  const { __type: type, value } = raw;
  const text = String(value);
  if (type === 'token') return new Token(text);
  if (type === 'date') return new Date(Number(value) * 1000);
  if (type === 'displaystring') return new DisplayString(text);
  return base32(text);
}

function base32(text: string): ArrayBuffer {
  const bits = Array.from(text.replaceAll('=', ''), (c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2)).buffer;
}

function plain(value: unknown): unknown {
  if (value instanceof Map) return [...value].map(plain);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof ArrayBuffer) return `binary ${Buffer.from(value).toString('hex')}`;
  if (value instanceof Token) return `token ${value.toString()}`;
  if (value instanceof DisplayString) return `display ${value.toString()}`;
  if (value instanceof Date) return `date ${value.getTime()}`;
  return value;
}
