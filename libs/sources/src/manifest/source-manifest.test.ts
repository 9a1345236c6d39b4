// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { checkSource, type Source } from './source-manifest.js';

const manifest = (spec: object, metadata: object = {}): unknown => ({ apiVersion: 'nervus.dev/v1', kind: 'Source', metadata: { name: 'orders', owner: 'group:risk-desk', ...metadata }, spec });
const webhook = { kind: 'webhook', auth: { kind: 'standard-webhooks', secretFiles: ['secret'] }, subject: { pointer: '/customer', otherwise: 'orders' }, class: 'internal' };
const unsigned = { kind: 'none', pathToken: 'x'.repeat(32) };

function sourceOf(spec: object): Source {
  const checked = checkSource(manifest(spec));
  if ('faults' in checked) throw new Error(JSON.stringify(checked.faults));
  return checked.source;
}
function faultsOf(parsed: unknown): Record<string, string> {
  const checked = checkSource(parsed);
  return 'faults' in checked ? Object.fromEntries(checked.faults.map(({ pointer, message }) => [pointer, message])) : {};
}

describe('source manifests', () => {
  it('fill in the safe defaults: untrusted, limited, the default tenant', () => {
    expect(sourceOf(webhook)).toMatchObject({ tenant: 'default', spec: { trust: 'untrusted', limits: { perSecond: 1000, burst: 2000 } } });
  });

  it('every fault is named with its place', () => {
    expect(faultsOf(manifest({ ...webhook, class: 'top-secret', colour: 'red', subject: {} }, { owner: 'me', tenant: 'A/B' }))).toEqual({
      '/metadata/owner': expect.stringContaining('pattern'),
      '/metadata/tenant': expect.stringContaining('pattern'),
      '/spec/class': 'must be "public" or "internal" or "pii" or "secret"',
      '/spec/colour': 'is not a field that is known here',
      '/spec/subject/constant': 'is missing',
    });
  });

  it.each([
    ['a kind that does not exist', { ...webhook, kind: 'mailbox' }, '/spec/kind', '"mailbox" is not supported'],
    ['a signature scheme that does not exist', { ...webhook, auth: { kind: 'basic' } }, '/spec/auth/kind', '"basic" is not supported'],
    ['an expression', { ...webhook, subject: { jq: '.a' } }, '/spec/subject/jq', 'not supported yet'],
    ['no auth at all', { ...webhook, auth: undefined }, '/spec/auth', 'is missing'],
    ['a short path token', { ...webhook, auth: { kind: 'none', pathToken: 'short' } }, '/spec/auth/pathToken', 'pattern'],
    ['a secret outside of its folder', { ...webhook, auth: { kind: 'standard-webhooks', secretFiles: ['../root.jwk'] } }, '/spec/auth/secretFiles/0', 'pattern'],
    ['trust in what nobody signed', { ...webhook, auth: unsigned, trust: 'verified' }, '/spec/trust', 'must be untrusted'],
    ['an address with a password', { kind: 'feed', config: { urls: ['https://me:word@a.example/'] }, subject: { constant: 'a' }, class: 'public' }, '/spec/config/urls/0', 'pattern'],
  ])('%s is refused by name', (_, spec, pointer, message) => {
    expect(faultsOf(manifest(spec))[pointer]).toContain(message);
  });

  it.each([[null], ['text'], [[]], [{}]])('%j is no manifest', (parsed) => {
    expect(Object.keys(faultsOf(parsed))).not.toEqual([]);
  });
});
