// SPDX-License-Identifier: Apache-2.0
import { refused } from './errors.js';

/** Headers that belong to the connection or would mean another host than the one that was checked. */
const reserved = new Set(['connection', 'content-length', 'expect', 'host', 'http2-settings', 'keep-alive', 'proxy-authorization', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade']);

/** Names in lower case, each once, none reserved. @throws EgressError `egress_refused` */
export function checkHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const checked: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (reserved.has(lower)) throw refused('header', `the header "${name}" cannot be set: it belongs to the connection`, { header: lower });
    if (lower in checked) throw refused('header', `the header "${name}" is set twice`, { header: lower });
    if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(lower) || !/^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(value)) throw refused('header', `the header "${lower}" has a name or value that HTTP cannot carry`, { header: lower });
    checked[lower] = value;
  }
  return checked;
}

/** All values of a header, joined as HTTP lists are; `undefined` when it is absent. */
export function headerValue(rawHeaders: readonly string[], name: string): string | undefined {
  const values = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name);
  return values.length === 0 ? undefined : values.join(', ');
}

/** Every header by its lower-case name, repeated ones joined. Cookies are not for us and left out. */
export function headerRecord(rawHeaders: readonly string[]): Record<string, string> {
  const record: Record<string, string> = Object.create(null);
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = [rawHeaders[i]?.toLowerCase(), rawHeaders[i + 1]];
    if (name === 'set-cookie') continue;
    record[name] = name in record ? `${record[name]}, ${value}` : value;
  }
  return record;
}
