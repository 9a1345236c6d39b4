// SPDX-License-Identifier: Apache-2.0
import { SignalAccepted } from '@nervus/contracts';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { type InboundEvent, signalOf } from './signal.js';
import { checkSource } from './source-manifest.js';

const manifest = (spec: object): unknown => ({ apiVersion: 'nervus.dev/v1', kind: 'Source', metadata: { name: 'orders', owner: 'group:risk-desk' }, spec });
const webhook = { kind: 'webhook', auth: { kind: 'standard-webhooks', secretFiles: ['secret'] }, subject: { pointer: '/customer', otherwise: 'orders' }, class: 'internal' };
const event: InboundEvent = { id: 'msg_1', kind: 'webhook', type: 'order.placed', source: 'shop', content: { customer: 'c-1' }, raw: { sha256: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU', bytes: 20 } };

describe('source manifests', () => {
  it('fills in the safe defaults: untrusted, limited', () => {
    expect(checkSource('orders.yaml', manifest(webhook)).spec).toMatchObject({ trust: 'untrusted', limits: { perSecond: 1000, burst: 2000 } });
  });

  it('names file and place of every fault', () => {
    const check = (): unknown => checkSource('orders.yaml', manifest({ ...webhook, class: 'top-secret', colour: 'red' }));
    expect(check).toThrow(/orders\.yaml/);
    expect(check).toThrow(/\/spec\/class/);
  });

  it('a kind that does not exist is refused by name', () => {
    expect(() => checkSource('a.yaml', manifest({ ...webhook, kind: 'mailbox' }))).toThrow(/"mailbox" is not supported/);
  });

  it('an unsigned source needs an unguessable path and is never trusted', () => {
    expect(() => checkSource('a.yaml', manifest({ ...webhook, auth: { kind: 'none', pathToken: 'short' } }))).toThrow(/pathToken/);
    expect(() => checkSource('a.yaml', manifest({ ...webhook, auth: { kind: 'none', pathToken: 'x'.repeat(32) }, trust: 'verified' }))).toThrow(/must be untrusted/);
  });
});

describe('signals', () => {
  const source = checkSource('orders.yaml', manifest(webhook));

  it('fit their contract and say where each value came from', () => {
    const signal = signalOf('default', source, event);
    expect([...Value.Errors(SignalAccepted.schema, signal.data)]).toEqual([]);
    expect(signal.subject).toBe('c-1');
    expect(signal.data.labels['']).toEqual({ src: [`${signal.id}#/content`], trust: 'untrusted', class: 'internal' });
  });

  it('the same event of two tenants makes two signals, of one tenant one', () => {
    expect(signalOf('a', source, event).id).not.toBe(signalOf('b', source, event).id);
    expect(signalOf('a', source, event).id).toBe(signalOf('a', source, event).id);
  });

  it('a signal that escapes make too large is refused with 413', () => {
    expect(() => signalOf('a', source, { ...event, content: '\u0001'.repeat(100_000) })).toThrow(expect.objectContaining({ status: 413 }));
  });

  it('a subject that is no text falls back', () => {
    expect(signalOf('a', source, { ...event, content: { customer: { id: 1 } } }).subject).toBe('orders');
  });
});
