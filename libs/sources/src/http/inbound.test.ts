// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { inboundOf } from './inbound.js';
import type { SourceOf } from '../manifest/source-manifest.js';

const source = (kind: 'webhook' | 'cloudevents'): SourceOf<'webhook' | 'cloudevents'> => ({ tenant: 'a', name: 'orders', owner: 'group:a', spec: { kind, auth: { kind: 'none', pathToken: 'x'.repeat(32) }, subject: { constant: 's' }, trust: 'untrusted', class: 'public', limits: { perSecond: 1, burst: 1 } } });
const event = (kind: 'webhook' | 'cloudevents', headers: Record<string, string>, parsed: unknown, mode: 'json' | 'structured' = 'json') => inboundOf({ source: source(kind), mode, header: (name) => headers[name], body: Buffer.from(JSON.stringify(parsed)), parsed }, () => 'new');

describe('what a request carries', () => {
  it('a webhook has its id and time from its headers, its type from its body', () => {
    expect(event('webhook', { 'webhook-id': 'm1', 'webhook-timestamp': '1614265330' }, { type: 'order.placed' }).event).toMatchObject({ id: 'm1', key: ['m1'], type: 'order.placed', source: 'a/orders', time: '2021-02-25T15:02:10.000Z' });
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
});
