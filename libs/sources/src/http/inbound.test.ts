// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { checkSource, type SourceOf } from '../manifest/source-manifest.js';
import type { ContentMode } from './content-mode.js';
import { type Delivery, deliveryOf, type Inbound } from './inbound.js';

const unsigned = { kind: 'none', pathToken: 'x'.repeat(32) };
function source(kind: 'webhook' | 'cloudevents', spec: object = {}): SourceOf<'webhook' | 'cloudevents'> {
  const checked = checkSource({ apiVersion: 'nervus.dev/v1', kind: 'Source', metadata: { tenant: 'a', name: 'orders', owner: 'group:a' }, spec: { kind, auth: unsigned, subject: { constant: 's' }, class: 'public', ...spec } });
  if ('faults' in checked) throw new Error(JSON.stringify(checked.faults));
  return checked.source as SourceOf<'webhook' | 'cloudevents'>;
}
const deliver = (of: SourceOf<'webhook' | 'cloudevents'>, headers: Record<string, string>, body: string, mode: ContentMode = 'json') => deliveryOf({ source: of, mode, header: (name) => headers[name], body: Buffer.from(body) }, () => 'new');
function only(delivery: Delivery): Inbound {
  if (delivery.kind !== 'event') throw new Error(`expected one event, got ${delivery.kind}`);
  return delivery.inbound;
}
const event = (kind: 'webhook' | 'cloudevents', headers: Record<string, string>, parsed: unknown, mode: ContentMode = 'json') => only(deliver(source(kind), headers, JSON.stringify(parsed), mode));

describe('what a request carries', () => {
  it('a webhook has its id from its headers, its type and time from its body', () => {
    expect(event('webhook', { 'webhook-id': 'm1' }, { type: 'order.placed', timestamp: '2021-02-25T15:02:10Z' }).event).toMatchObject({ id: 'm1', key: ['m1'], type: 'order.placed', source: 'a/orders', time: '2021-02-25T15:02:10Z' });
  });

  it('a webhook without an id is an event of its own, also when its body comes again', () => {
    expect(event('webhook', {}, 5).event).toMatchObject({ id: 'new', key: ['new'], type: 'webhook', content: 5 });
  });

  it('an id that no signal could hold is refused', () => {
    expect(() => event('webhook', { 'webhook-id': 'x'.repeat(1025) }, {})).toThrow(expect.objectContaining({ status: 400 }));
  });

  it('CloudEvents of two sources may have the same id', () => {
    const of = (from: string) => event('cloudevents', {}, { specversion: '1.0', id: '1', source: from, type: 't' }, 'structured').event.key;
    expect(of('/a')).not.toEqual(of('/b'));
  });

  it('the trace of a CloudEvent beats that of its transport', () => {
    const envelope = { specversion: '1.0', id: '1', source: '/a', type: 't' };
    expect(event('cloudevents', { traceparent: 'hop' }, { ...envelope, traceparent: 'own' }, 'structured').traceparent).toBe('own');
    expect(event('cloudevents', { traceparent: 'hop' }, envelope, 'structured').traceparent).toBe('hop');
  });

  it.each([
    ['a header', { header: 'x-request-id' }, 'r-1'],
    ['a place in the body', { pointer: '/order/id' }, 'o-1'],
    ['a number in the body', { pointer: '/order/no' }, '17'],
  ])('the id is in %s where the manifest says so', (_, eventId, id) => {
    const body = JSON.stringify({ order: { id: 'o-1', no: 17 } });
    expect(only(deliver(source('webhook', { eventId }), { 'x-request-id': 'r-1', 'webhook-id': 'other' }, body)).event.id).toBe(id);
    expect(() => deliver(source('webhook', { eventId }), {}, '{}')).toThrow(expect.objectContaining({ status: 400, code: 'event_id_missing' }));
  });

  it('equal bodies are one event only where the manifest says so', () => {
    const of = source('webhook', { eventId: { bodyHash: true } });
    const ids = ['{"a":1}', '{"a":1}', '{"a": 1}'].map((body) => only(deliver(of, {}, body)).event.id);
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).not.toBe(ids[2]);
  });

  it('Slack asks whether the address is ours, which is answered and is no event', () => {
    const slack = source('webhook', { auth: { kind: 'slack', secretFiles: ['s'] } });
    expect(deliver(slack, {}, '{"type":"url_verification","challenge":"3eZbrw1aB"}')).toEqual({ kind: 'challenge', challenge: '3eZbrw1aB' });
    expect(deliver(source('webhook'), {}, '{"type":"url_verification","challenge":"3eZbrw1aB"}').kind).toBe('event');
  });

  it.each([['"__proto__"', '{"__proto__":{"type":"x"}}'], ['duplicate keys', '{"a":1,"a":2}'], ['a lone surrogate', '"\\ud800"'], ['depth beyond bounds', '['.repeat(61) + ']'.repeat(61)], ['no JSON', '{'], ['nothing', ''], ['two values', '1 2']])('a body with %s is refused or inert', (what, body) => {
    if (what === '"__proto__"') expect(only(deliver(source('webhook'), {}, body)).event.type).toBe('webhook');
    else expect(() => deliver(source('webhook'), {}, body)).toThrow(expect.objectContaining({ status: 400, code: 'json_invalid' }));
  });
});

describe('a batch of CloudEvents', () => {
  const cloudEvent = (id: string, more: object = {}) => ({ specversion: '1.0', id, source: '/a', type: 't', data: { n: id }, ...more });
  const batch = (events: unknown) => deliver(source('cloudevents'), { traceparent: 'hop' }, JSON.stringify(events), 'batch');

  it('brings every event in its order, each with a trace of its own or that of the request', () => {
    const delivery = batch([cloudEvent('1'), cloudEvent('2', { traceparent: 'own' })]);
    expect(delivery).toMatchObject({ kind: 'batch', inbounds: [{ event: { id: '1', key: ['/a', '1'], content: { n: '1' } }, traceparent: 'hop' }, { event: { id: '2' }, traceparent: 'own' }] });
    expect(batch([])).toEqual({ kind: 'batch', inbounds: [] });
  });

  it('one event that cannot be taken refuses all, and says which', () => {
    expect(() => batch([cloudEvent('1'), { ...cloudEvent('2'), specversion: '0.3' }])).toThrow(expect.objectContaining({ status: 400, message: expect.stringContaining('Event 1 of the batch') }));
    expect(() => batch(cloudEvent('1'))).toThrow(expect.objectContaining({ status: 400 }));
  });

  it('too many at once are refused', () => {
    expect(() => batch(Array.from({ length: 501 }, (_, n) => cloudEvent(String(n))))).toThrow(expect.objectContaining({ status: 413, code: 'batch_too_large' }));
  });
});
