// SPDX-License-Identifier: Apache-2.0
import { SignalAccepted } from '@nervus/contracts';
import { eventOf, systemClock } from '@nervus/messaging';
import { parseStrictJson } from '@nervus/trust';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { bodyBounds, type InboundEvent, rawOf, signalOf } from './signal.js';
import type { Source } from './manifest/source-manifest.js';

const source = (tenant = 'default', subject: Source['spec']['subject'] = { pointer: '/customer', otherwise: 'orders' }, more: Partial<Pick<Source['spec'], 'fields' | 'schema'>> = {}): Source => ({
  tenant, name: 'orders', owner: 'group:risk-desk',
  spec: { kind: 'webhook', auth: { kind: 'standard-webhooks', secretFiles: ['secret'] }, subject, trust: 'untrusted', class: 'internal', fields: {}, browserOrigins: [], limits: { perSecond: 1, burst: 1 }, ...more },
});
const event: InboundEvent = { id: 'msg_1', key: ['msg_1'], kind: 'webhook', type: 'order.placed', source: 'shop', content: { customer: 'c-1' }, raw: rawOf(Buffer.from('{"customer":"c-1"}')) };

describe('signals', () => {
  it('fit their contract and say where each value came from', () => {
    const signal = signalOf(source(), event);
    expect([...Value.Errors(SignalAccepted.schema, signal.data)]).toEqual([]);
    expect(signal.subject).toBe('c-1');
    expect(signal.data.labels['']).toEqual({ src: [`${signal.id}#/content`], trust: 'untrusted', class: 'internal' });
  });

  it('the same event of two tenants makes two signals under two names, of one tenant one', () => {
    const [a, b] = [signalOf(source('a'), event), signalOf(source('b'), event)];
    expect(a.id).not.toBe(b.id);
    expect(a.memoryId).toMatch(/^a\/orders\/[A-Za-z0-9_-]{43}$/);
    expect(b.memoryId).toMatch(/^b\/orders\//);
    expect(signalOf(source('a'), { ...event, content: 'as sent again' })).toMatchObject({ id: a.id, memoryId: a.memoryId });
  });

  it('keys with other parts are other events, however the parts are spelled', () => {
    const ids = [['a', 'b'], ['ab'], ['a,b'], ['a'], ['a', '']].map((key) => signalOf(source(), { ...event, key }));
    expect(new Set(ids.map(({ id }) => id)).size).toBe(ids.length);
    expect(new Set(ids.map(({ memoryId }) => memoryId)).size).toBe(ids.length);
  });

  it('a signal that escapes make too large is refused with 413', () => {
    expect(() => signalOf(source(), { ...event, content: '\u0001'.repeat(100_000) })).toThrow(expect.objectContaining({ status: 413 }));
  });

  it('a subject that is no short text falls back', () => {
    for (const customer of [{ id: 1 }, '', 'x'.repeat(257), undefined]) expect(signalOf(source(), { ...event, content: { customer } }).subject).toBe('orders');
    expect(signalOf(source('default', { constant: 'fixed' }), { ...event, subject: 'given' }).subject).toBe('fixed');
  });

  it('a body at the bounds makes a signal that consumers still read', () => {
    const deep = parseStrictJson(`${'['.repeat(bodyBounds.depth)}${']'.repeat(bodyBounds.depth)}`, bodyBounds);
    const wide = parseStrictJson(`{${Array.from({ length: bodyBounds.keys }, (_, n) => `"k${n}":0`).join()}}`, bodyBounds);
    for (const content of [deep, wide]) {
      const { id, data } = signalOf(source(), { ...event, content });
      const { value } = eventOf(SignalAccepted, { tenant: 'default', key: 'a', id, data }, systemClock);
      expect(() => parseStrictJson(value ?? '')).not.toThrow();
    }
  });

  it('a part of the content is labelled as the manifest says, and the rest as the whole', () => {
    const { id, data } = signalOf(source('default', { constant: 's' }, { fields: { '/customer': { trust: 'verified' }, '/note': { class: 'pii' } } }), event);
    expect(data.labels['/customer']).toEqual({ src: [`${id}#/content/customer`], trust: 'verified', class: 'internal' });
    expect(data.labels['/note']).toEqual({ src: [`${id}#/content/note`], trust: 'untrusted', class: 'pii' });
    expect([...Value.Errors(SignalAccepted.schema, data)]).toEqual([]);
  });

  it('an event that does not fit the registered schema is refused with the place', () => {
    const schema = { version: 3, compatibility: 'backward' as const, json: { type: 'object', properties: { customer: { type: 'integer' } } } };
    expect(() => signalOf(source('default', undefined, { schema }), event)).toThrow(expect.objectContaining({ status: 422, code: 'event_schema_mismatch', message: expect.stringContaining('version 3') }));
  });
});
