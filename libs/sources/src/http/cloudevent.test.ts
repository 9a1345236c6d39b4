// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { fromBinary, fromStructured } from './cloudevent.js';

const attributes = { specversion: '1.0', id: 'a-1', source: '/orders', type: 'order.placed', subject: 'order/1', time: '2026-11-24T10:00:00Z' };

describe('CloudEvents over HTTP', () => {
  it('structured and binary mode yield the same event', () => {
    const headers = new Map(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]));
    expect(fromBinary((name) => headers.get(name), { n: 1 })).toEqual(fromStructured({ ...attributes, data: { n: 1 } }));
  });

  it('decodes percent-encoded headers', () => {
    const headers = new Map([['ce-specversion', '1.0'], ['ce-id', 'a%20b'], ['ce-source', '/%E2%82%AC'], ['ce-type', 't']]);
    expect(fromBinary((name) => headers.get(name), null)).toMatchObject({ id: 'a b', source: '/€' });
  });

  it.each([
    ['another version', { ...attributes, specversion: '0.3' }],
    ['no id', { ...attributes, id: undefined }],
    ['an empty type', { ...attributes, type: '' }],
    ['a number as source', { ...attributes, source: 5 }],
    ['a time that is none', { ...attributes, time: 'yesterday' }],
    ['an id beyond all bounds', { ...attributes, id: 'x'.repeat(1025) }],
    ['a type that no signal could hold', { ...attributes, type: 'x'.repeat(301) }],
    ['hops that are no count', { ...attributes, hops: -1 }],
    ['an event that went round in a circle', { ...attributes, hops: 16 }],
    ['a list', []],
    ['nothing', null],
  ])('%s is refused with 400', (_, envelope) => {
    expect(() => fromStructured(envelope)).toThrow(expect.objectContaining({ status: 400 }));
  });

  it('a broken escape is refused with 400', () => {
    expect(() => fromBinary((name) => (name === 'ce-id' ? '%zz' : '1.0'), null)).toThrow(expect.objectContaining({ status: 400 }));
  });

  it('keeps the hops and the trace that came along', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect(fromStructured({ ...attributes, hops: 3, traceparent })).toMatchObject({ hops: 3, traceparent });
    const headers = new Map([['ce-specversion', '1.0'], ['ce-id', 'a'], ['ce-source', '/a'], ['ce-type', 't'], ['ce-hops', '4']]);
    expect(fromBinary((name) => headers.get(name), null)).toMatchObject({ hops: 4 });
  });

  it('data that is not JSON is refused by name', () => {
    expect(() => fromStructured({ ...attributes, datacontenttype: 'text/plain', data: 'a' })).toThrow(expect.objectContaining({ status: 415, code: 'cloudevent_data_type' }));
    expect(fromStructured({ ...attributes, datacontenttype: 'application/vnd.a+json; charset=utf-8', data: 1 }).data).toBe(1);
  });

  it('base64 data is refused by name', () => {
    expect(() => fromStructured({ ...attributes, data_base64: 'AA==' })).toThrow(expect.objectContaining({ status: 415, code: 'cloudevent_data_base64' }));
  });
});
