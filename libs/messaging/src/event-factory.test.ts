// SPDX-License-Identifier: Apache-2.0
import { DecisionMade, PolicySetActivated, SignalAccepted, StopChanged, followingId, maxHops } from '@nervus/contracts';
import { describe, expect, it } from 'vitest';
import { eventOf } from './event-factory.js';

const clock = { now: () => Date.UTC(2026, 10, 24, 10) };
const cause = { id: 'cause', correlationId: 'signal', hops: 2, tenant: 'default', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
const signal = SignalAccepted.examples.at(0)!;
const decision = DecisionMade.examples.at(0)!;
const stop = StopChanged.examples.at(0)!;

describe('event of', () => {
  it('a re-run yields the same id, and another purpose another', () => {
    const once = eventOf(DecisionMade, { key: 'run', data: decision, cause, purpose: 'ruling' }, clock);
    const again = eventOf(DecisionMade, { key: 'run', data: decision, cause, purpose: 'ruling' }, clock);
    const other = eventOf(DecisionMade, { key: 'run', data: decision, cause, purpose: 'expiry' }, clock);
    expect(once).toEqual(again);
    expect(once.id).toBe(followingId('cause', 'ruling'));
    expect(other.id).not.toBe(once.id);
  });

  it('tenant, correlation, cause, hops and trace follow the cause', () => {
    const event = eventOf(DecisionMade, { key: 'run', data: decision, cause, purpose: 'ruling' }, clock);
    expect(event).toMatchObject({ key: 'default/run', tenant: 'default', correlationId: 'signal', causationId: 'cause', hops: 3, traceparent: cause.traceparent, time: '2026-11-24T10:00:00.000Z' });
  });

  it('a root is its own correlation and has come no way', () => {
    const event = eventOf(SignalAccepted, { key: 'subject', tenant: 'default', data: signal, id: 'root' }, clock);
    expect(event).toMatchObject({ id: 'root', correlationId: 'root', hops: 0, topic: 'nervus.ingestion.signals.v1' });
    expect(event).not.toHaveProperty('causationId');
  });

  it('what belongs to the installation has no tenant in its key', () => {
    const event = eventOf(PolicySetActivated, { key: 'policy-set', data: PolicySetActivated.examples.at(0)!, id: 'x' }, clock);
    expect(event.key).toBe('policy-set');
    expect(event).not.toHaveProperty('tenant');
  });

  it('a tombstone is written as no value', () => {
    expect(eventOf(StopChanged, { key: 'stop', tenant: 'default', data: null, id: 'x' }, clock).value).toBeNull();
  });

  it.each([
    ['an invalid value', 'schema_invalid', () => eventOf(SignalAccepted, { key: 'k', tenant: 'default', id: 'x', data: { ...signal, raw: { sha256: 'short', bytes: 1 } } }, clock)],
    ['no tenant', 'tenant_missing', () => eventOf(SignalAccepted, { key: 'k', id: 'x', data: signal }, clock)],
    ['another tenant than the cause', 'tenant_mismatch', () => eventOf(DecisionMade, { key: 'k', tenant: 'other', data: decision, cause, purpose: 'p' }, clock)],
    ['a value that names another tenant', 'tenant_mismatch', () => eventOf(StopChanged, { key: 'k', tenant: 'default', id: 'x', data: { ...stop, tenant: 'other' } }, clock)],
    ['a value that names another tenant further down', 'tenant_mismatch', () => eventOf(DecisionMade, { key: 'k', tenant: 'other', id: 'x', data: decision }, clock)],
    ['no id and no purpose', 'id_missing', () => eventOf(DecisionMade, { key: 'k', data: decision, cause }, clock)],
    ['a cycle', 'hops_exceeded', () => eventOf(DecisionMade, { key: 'k', data: decision, cause: { ...cause, hops: maxHops }, purpose: 'p' }, clock)],
    ['a lone surrogate', 'json_invalid', () => eventOf(SignalAccepted, { key: 'k', tenant: 'default', id: 'x', data: { ...signal, content: '\ud800' } }, clock)],
    ['an integer that other readers would round', 'json_invalid', () => eventOf(SignalAccepted, { key: 'k', tenant: 'default', id: 'x', data: { ...signal, content: 2 ** 60 } }, clock)],
  ])('%s is refused where it is made', (_, code, make) => {
    expect(make).toThrow(expect.objectContaining({ code, retryable: false }));
  });

  it('the fault is named by its path', () => {
    expect(() => eventOf(SignalAccepted, { key: 'k', tenant: 'default', id: 'x', data: { ...signal, raw: { sha256: 'short', bytes: 1 } } }, clock)).toThrow(expect.objectContaining({ details: { type: SignalAccepted.type, path: '/raw/sha256' } }));
  });

  it('text that only looks like an escaped surrogate is taken', () => {
    expect(() => eventOf(SignalAccepted, { key: 'k', tenant: 'default', id: 'x', data: { ...signal, content: String.raw`\ud800 and 12345678901234567890` } }, clock)).not.toThrow();
  });
});
