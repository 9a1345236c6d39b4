// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { checkSource, type Source } from '@nervus/sources';
import { Rates, sourceAt } from './door.js';
import { Sources } from './sources.js';

const pathToken = 'abcdefghijklmnopqrstuvwxyz0123456789';
function source(name: string, tenant: string, spec: object): Source {
  const checked = checkSource({ apiVersion: 'nervus.dev/v1', kind: 'Source', metadata: { name, tenant, owner: 'group:a' }, spec: { subject: { constant: 'a' }, class: 'public', ...spec } });
  if ('faults' in checked) throw new Error(JSON.stringify(checked.faults));
  return checked.source;
}
const signed = { kind: 'webhook', auth: { kind: 'standard-webhooks', secretFiles: ['s'] }, limits: { perSecond: 2, burst: 1 } };
const sources = new Sources([
  source('signed', 'a', signed),
  source('open', 'a', { kind: 'webhook', auth: { kind: 'none', pathToken } }),
  source('feed', 'a', { kind: 'feed', config: { urls: ['https://a.example/'] } }),
]);

describe('the way in', () => {
  it('leads to a source by tenant, name and its token', () => {
    expect(sourceAt(sources, { tenant: 'a', name: 'signed' }).name).toBe('signed');
    expect(sourceAt(sources, { tenant: 'a', name: 'open', pathToken }).name).toBe('open');
  });

  it.each([
    ['another tenant', { tenant: 'b', name: 'signed' }],
    ['no such source', { tenant: 'a', name: 'none' }],
    ['a source that takes no requests', { tenant: 'a', name: 'feed' }],
    ['a path token too many', { tenant: 'a', name: 'signed', pathToken }],
    ['no path token', { tenant: 'a', name: 'open' }],
    ['an empty path token', { tenant: 'a', name: 'open', pathToken: '' }],
    ['a wrong path token', { tenant: 'a', name: 'open', pathToken: `${pathToken}x` }],
    ['a name of another object', { tenant: '__proto__', name: 'constructor' }],
  ])('%s is refused in the same words', (_, path) => {
    expect(() => sourceAt(sources, path)).toThrow(expect.objectContaining({ status: 404, code: 'not_found', message: 'There is no such source.' }));
  });

  it('over the rate it says when to come back', () => {
    const rates = new Rates();
    const found = sourceAt(sources, { tenant: 'a', name: 'signed' });
    rates.take(found, 0);
    expect(() => rates.take(found, 0)).toThrow(expect.objectContaining({ status: 429, retryAfter: 1 }));
    rates.take(found, 500);
    expect(() => rates.take(found, 10_000, 2)).toThrow(expect.objectContaining({ status: 413, code: 'batch_too_large' }));
  });
});
