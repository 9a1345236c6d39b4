// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { checkSource, type SourceOf } from '../manifest/source-manifest.js';
import { corsHeaders, optionsAnswer } from './handshake.js';

function source(spec: object): SourceOf<'webhook' | 'cloudevents'> {
  const checked = checkSource({ apiVersion: 'nervus.dev/v1', kind: 'Source', metadata: { name: 'orders', owner: 'group:a' }, spec: { kind: 'cloudevents', auth: { kind: 'none', pathToken: 'x'.repeat(32) }, subject: { constant: 'a' }, class: 'public', limits: { perSecond: 2, burst: 4 }, ...spec } });
  if ('faults' in checked) throw new Error(JSON.stringify(checked.faults));
  return checked.source as SourceOf<'webhook' | 'cloudevents'>;
}
const ask = (spec: object, headers: Record<string, string>) => optionsAnswer(source(spec), (name) => headers[name]);
const delivery = { 'webhook-request-origin': 'eventemitter.example.com', 'webhook-request-rate': '1000' };
const page = { origin: 'https://app.example', 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' };

describe('the handshake of CloudEvents web hooks', () => {
  it('a sender that the manifest names is let in, at the rate of the manifest at most', () => {
    expect(ask({ allowedOrigins: ['eventemitter.example.com'] }, delivery)).toEqual({ status: 200, headers: { allow: 'POST, OPTIONS', 'webhook-allowed-origin': 'eventemitter.example.com', 'webhook-allowed-rate': '120' } });
    expect(ask({ allowedOrigins: ['*'] }, { ...delivery, 'webhook-request-rate': '60' }).headers).toMatchObject({ 'webhook-allowed-origin': 'eventemitter.example.com', 'webhook-allowed-rate': '60' });
  });

  it('any other is refused, and nothing in the answer could be read as consent', () => {
    expect(() => ask({ allowedOrigins: ['other.example.com'] }, delivery)).toThrow(expect.objectContaining({ status: 403, code: 'origin_not_allowed' }));
    expect(() => ask({}, delivery)).toThrow(expect.objectContaining({ status: 405, code: 'method_not_allowed' }));
    expect(() => ask({ kind: 'webhook' }, delivery)).toThrow(expect.objectContaining({ status: 405 }));
  });

  it('a name that only begins or ends like an allowed one is another', () => {
    for (const origin of ['eventemitter.example.com.evil.example', 'a.eventemitter.example.com', 'eventemitter.example.co', '*', '']) {
      expect(() => ask({ allowedOrigins: ['eventemitter.example.com'] }, { 'webhook-request-origin': origin })).toThrow(expect.objectContaining({ status: 403 }));
    }
  });

  it.each(['0', '-1', '1.5', 'many', ''])('the rate "%s" is refused', (rate) => {
    expect(() => ask({ allowedOrigins: ['*'] }, { ...delivery, 'webhook-request-rate': rate })).toThrow(expect.objectContaining({ status: 400, code: 'handshake_invalid' }));
  });

  it('OPTIONS that asks nothing is refused', () => {
    expect(() => ask({ allowedOrigins: ['*'] }, {})).toThrow(expect.objectContaining({ status: 405 }));
  });
});

describe('pages in browsers', () => {
  it('a page that the manifest names may send, and may read when to come back', () => {
    const answer = ask({ browserOrigins: ['https://app.example'] }, page);
    expect(answer).toMatchObject({ status: 204, headers: { 'access-control-allow-origin': 'https://app.example', 'access-control-allow-methods': 'POST', vary: 'origin' } });
    expect(answer.headers['access-control-allow-headers']).toContain('ce-id');
    expect(corsHeaders(source({ browserOrigins: ['https://app.example'] }), 'https://app.example')).toEqual({ vary: 'origin', 'access-control-allow-origin': 'https://app.example', 'access-control-expose-headers': 'retry-after' });
  });

  it.each(['https://app.example.evil', 'http://app.example', 'https://app.example:8443', 'null', ''])('the page %s may not', (origin) => {
    expect(() => ask({ browserOrigins: ['https://app.example'] }, { ...page, origin })).toThrow(expect.objectContaining({ status: 403 }));
    expect(corsHeaders(source({ browserOrigins: ['https://app.example'] }), origin)).toEqual({ vary: 'origin' });
  });

  it('a source that names no page says nothing of pages', () => {
    expect(corsHeaders(source({}), 'https://app.example')).toEqual({});
    expect(() => ask({}, page)).toThrow(expect.objectContaining({ status: 403 }));
  });
});
