// SPDX-License-Identifier: Apache-2.0
// One text, one meaning: whatever two JSON readers could understand differently is refused before anything is hashed
// or signed over it. That is I-JSON (RFC 7493) with bounds.
import { isUtf8 } from 'node:buffer';
import { JsonError, type JsonErrorCode } from './errors.js';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };

export interface JsonOptions {
  /** Containers inside each other. @default 64 */
  readonly depth?: number;
  /** Members of all objects together. @default 10000 */
  readonly keys?: number;
  /** Integers beyond ±(2^53 - 1): refused, or kept as strings of their own literal, for input from outside. @default 'refuse' */
  readonly bigIntegers?: 'refuse' | 'text';
}

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const space = /[ \t\n\r]*/y;
/** Whatever cannot stand in a string as it is: the quote, the backslash and, below the space, control characters. */
const plainEnd = /[^ !#-[\]-\uffff]/g;
const escapes: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/**
 * Parses JSON (RFC 8259) and refuses duplicate keys, numbers that are not finite, integers beyond ±(2^53 - 1) in any
 * spelling, lone surrogates, a byte order mark, anything after the value, and what is deeper or larger than the options allow.
 * `__proto__` becomes an ordinary member.
 * @throws JsonError with the code and the byte offset
 */
export function parseStrictJson(input: Uint8Array | string, options: JsonOptions = {}): JsonValue {
  return new Parser(decode(input), options.depth ?? 64, options.keys ?? 10_000, options.bigIntegers === 'text').document();
}

function decode(input: Uint8Array | string): string {
  if (typeof input === 'string') {
    if (!input.isWellFormed()) throw new JsonError('lone_surrogate', 'the text holds a lone surrogate', Buffer.byteLength(input.slice(0, loneSurrogateAt(input))));
    return input;
  }
  if (!isUtf8(input)) throw new JsonError('invalid_utf8', 'the bytes are not UTF-8', firstBadByte(input));
  return Buffer.from(input.buffer, input.byteOffset, input.byteLength).toString('utf8');
}

class Parser {
  private at = 0;
  private depthLeft: number;
  private keysLeft: number;

  constructor(
    private readonly text: string,
    depth: number,
    keys: number,
    private readonly keepBigIntegers: boolean,
  ) {
    this.depthLeft = depth;
    this.keysLeft = keys;
  }

  document(): JsonValue {
    const value = this.value();
    this.skipSpace();
    if (this.at < this.text.length) this.fail('syntax', 'expected nothing after the value');
    return value;
  }

  private value(): JsonValue {
    this.skipSpace();
    switch (this.text[this.at]) {
      case '{':
        return this.nested(() => this.object());
      case '[':
        return this.nested(() => this.array());
      case '"':
        return this.string();
      case 't':
        return this.word('true', true);
      case 'f':
        return this.word('false', false);
      case 'n':
        return this.word('null', null);
      default:
        return this.number();
    }
  }

  private nested<T>(read: () => T): T {
    if (this.depthLeft-- === 0) this.fail('too_deep', 'nested deeper than allowed');
    this.at++;
    const result = read();
    this.depthLeft++;
    return result;
  }

  private object(): JsonValue {
    const object: Record<string, JsonValue> = {};
    if (this.takes('}')) return object;
    do {
      this.skipSpace();
      const start = this.at;
      if (this.text[start] !== '"') this.fail('syntax', 'expected a member name in double quotes');
      const name = this.string();
      if (Object.hasOwn(object, name)) this.fail('duplicate_key', `member ${JSON.stringify(name)} stands twice`, start);
      if (this.keysLeft-- === 0) this.fail('too_many_keys', 'more members than allowed', start);
      if (!this.takes(':')) this.fail('syntax', 'expected ":"');
      const value = this.value();
      // Plain assignment of this one name would set the prototype instead.
      if (name === '__proto__') Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
      else object[name] = value;
    } while (this.takes(','));
    if (!this.takes('}')) this.fail('syntax', 'expected "," or "}"');
    return object;
  }

  private array(): JsonValue {
    const array: JsonValue[] = [];
    if (this.takes(']')) return array;
    do array.push(this.value());
    while (this.takes(','));
    if (!this.takes(']')) this.fail('syntax', 'expected "," or "]"');
    return array;
  }

  private string(): string {
    const start = this.at++;
    let read = '';
    let escaped = false;
    for (;;) {
      plainEnd.lastIndex = this.at;
      const end = plainEnd.exec(this.text)?.index ?? this.text.length;
      read += this.text.slice(this.at, end);
      this.at = end;
      const stop = this.text[end];
      if (stop === undefined) this.fail('syntax', 'the string is not closed', start);
      if (stop !== '"' && stop !== '\\') this.fail('syntax', 'a control character must be escaped');
      this.at++;
      if (stop === '"') break;
      read += this.escape();
      escaped = true;
    }
    if (escaped && !read.isWellFormed()) this.fail('lone_surrogate', 'the string holds a lone surrogate', start);
    return read;
  }

  private escape(): string {
    const letter = this.text[this.at] ?? '';
    if (letter === 'u') {
      const digits = this.text.slice(this.at + 1, this.at + 5);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.fail('syntax', 'expected four hexadecimal digits after \\u');
      this.at += 5;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const character = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined;
    if (character === undefined) this.fail('syntax', 'unknown escape in a string');
    this.at++;
    return character;
  }

  private number(): JsonValue {
    number.lastIndex = this.at;
    const literal = number.exec(this.text)?.[0];
    if (literal === undefined) this.fail('syntax', this.at < this.text.length ? 'expected a value' : 'the text ends where a value should be');
    const value = Number(literal);
    if (!Number.isFinite(value)) this.fail('number_range', 'the number is not finite');
    const inexact = Number.isInteger(value) && !Number.isSafeInteger(value);
    if (inexact && !this.keepBigIntegers) this.fail('number_range', 'the integer is beyond 2^53 - 1: send it as a string');
    this.at += literal.length;
    return inexact ? literal : value;
  }

  private word<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) this.fail('syntax', `expected ${word}`);
    this.at += word.length;
    return value;
  }

  private takes(character: string): boolean {
    this.skipSpace();
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private skipSpace(): void {
    // Most JSON on the wire is compact: look before running the expression.
    if (this.text.charCodeAt(this.at) > 0x20) return;
    space.lastIndex = this.at;
    this.at += space.exec(this.text)?.[0].length ?? 0;
  }

  private fail(code: JsonErrorCode, message: string, at = this.at): never {
    throw new JsonError(code, message, Buffer.byteLength(this.text.slice(0, at)));
  }
}

function loneSurrogateAt(text: string): number {
  let at = 0;
  for (const character of text) {
    if (!character.isWellFormed()) return at;
    at += character.length;
  }
  return at;
}

/** Where valid UTF-8 ends, found by halving: prefixes that end between two characters are valid up to there and not beyond. */
function firstBadByte(bytes: Uint8Array): number {
  let [low, high] = [0, bytes.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (isUtf8(bytes.subarray(0, characterStart(bytes, middle)))) low = middle;
    else high = middle - 1;
  }
  return characterStart(bytes, low);
}

function characterStart(bytes: Uint8Array, at: number): number {
  let start = at;
  while (start > Math.max(0, at - 3) && ((bytes[start] ?? 0) & 0xc0) === 0x80) start--;
  return start;
}
