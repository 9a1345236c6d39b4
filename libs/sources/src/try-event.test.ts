// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { SignedAuth } from './manifest/auth.js';
import { checkSource, type Source } from './manifest/source-manifest.js';
import { secretOf } from './signatures/schemes.js';
import { tryEvent } from './try-event.js';

function source(spec: object): Source {
  const checked = checkSource({ apiVersion: 'nervus.dev/v1', kind: 'Source', metadata: { name: 'orders', owner: 'group:a' }, spec: { subject: { pointer: '/customer', otherwise: 'orders' }, class: 'internal', ...spec } });
  if ('faults' in checked) throw new Error(JSON.stringify(checked.faults));
  return checked.source;
}
const github: SignedAuth = { kind: 'github', secretFiles: ['s'] };
const secret = secretOf(github, 'a-secret-of-16-or-more');
const body = Buffer.from('{"customer":"c-1"}');
const sample = { body, headers: {}, secrets: [], nowMs: 0 };

describe('trying an event', () => {
  it('shows the signal that a webhook would become', () => {
    expect(tryEvent(source({ kind: 'webhook', auth: github }), { ...sample, headers: { 'x-github-delivery': 'd-1', 'x-github-event': 'push' } })).toMatchObject({ kind: 'signals', signals: [{ subject: 'c-1', data: { origin: { id: 'd-1', type: 'push' }, content: { customer: 'c-1' } } }] });
  });

  it('checks the signature where a secret is given', () => {
    const signed = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
    const tried = (signature: string) => tryEvent(source({ kind: 'webhook', auth: github }), { ...sample, secrets: [secret], headers: { 'x-hub-signature-256': signature } });
    expect(tried(signed).kind).toBe('signals');
    expect(tried(signed.replace('sha256=', 'sha256=00'))).toMatchObject({ kind: 'refused', status: 401, code: 'signature_invalid' });
  });

  it('takes CloudEvents alone and in batches, and says which one does not fit', () => {
    const event = { specversion: '1.0', id: '1', source: '/a', type: 't' };
    const cloudevents = source({ kind: 'cloudevents', auth: { kind: 'standard-webhooks', secretFiles: ['s'] } });
    expect(tryEvent(cloudevents, { ...sample, body: Buffer.from(JSON.stringify(event)) })).toMatchObject({ signals: [{ data: { kind: 'cloudevent' } }] });
    expect(tryEvent(cloudevents, { ...sample, body: Buffer.from(JSON.stringify([event, { ...event, id: '' }])) })).toMatchObject({ kind: 'refused', status: 400, detail: expect.stringContaining('Event 1') });
  });

  it('shows what a feed would bring, and why not', () => {
    const feed = source({ kind: 'feed', config: { urls: ['https://a.example/feed'] } });
    expect(tryEvent(feed, { ...sample, body: Buffer.from('<rss version="2.0"><channel><title>t</title><item><guid>1</guid><title>A</title></item></channel></rss>') })).toMatchObject({ signals: [{ data: { kind: 'feed.item', origin: { id: '1' } } }] });
    expect(tryEvent(feed, { ...sample, body: Buffer.from('<html>') })).toMatchObject({ kind: 'refused', code: 'feed_unreadable' });
  });
});
