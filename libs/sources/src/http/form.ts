// SPDX-License-Identifier: Apache-2.0
// application/x-www-form-urlencoded as Slack sends it: plain fields, or one field `payload` that holds JSON.
import { parseStrictJson } from '@nervus/trust';
import { Refusal } from '../refusal.js';
import { bodyBounds } from '../signal.js';

/**
 * The content in a form: its fields by name, or what stands in `payload` when that is all there is.
 * @throws Refusal 400; JsonError for a payload that is not strict JSON
 */
export function contentOfForm(body: Buffer): unknown {
  const text = utf8(body);
  const fields = new Map<string, string>();
  if (text !== '') {
    for (const pair of text.split('&')) {
      const at = pair.indexOf('=');
      const name = decoded(at < 0 ? pair : pair.slice(0, at));
      if (fields.has(name)) throw invalid(`the field ${JSON.stringify(name.slice(0, 60))} stands twice`);
      if (fields.size === bodyBounds.keys) throw invalid(`it has more than ${bodyBounds.keys} fields`);
      fields.set(name, at < 0 ? '' : decoded(pair.slice(at + 1)));
    }
  }
  const payload = fields.size === 1 ? fields.get('payload') : undefined;
  return payload === undefined ? Object.fromEntries(fields) : parseStrictJson(payload, { ...bodyBounds, bigIntegers: 'text' });
}

function utf8(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw invalid('it is not UTF-8');
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '));
  } catch {
    throw invalid('a percent sign begins no valid escape');
  }
}

const invalid = (why: string): Refusal => new Refusal(400, 'form_invalid', `The body is no form that is taken here: ${why}.`);
