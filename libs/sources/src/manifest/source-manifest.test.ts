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
    ['a scheme of CloudEvents that sends none', { ...webhook, kind: 'cloudevents', auth: { kind: 'github', secretFiles: ['s'] } }, '/spec/auth/kind', 'sends no CloudEvents'],
    ['a time that is not signed', { ...webhook, auth: { kind: 'hmac', secretFiles: ['s'], header: 'x-sum', timestampHeader: 'x-at' } }, '/spec/auth/timestampHeader', 'is not signed'],
    ['a time that has no header', { ...webhook, auth: { kind: 'hmac', secretFiles: ['s'], header: 'x-sum', signs: '{timestamp}.{body}' } }, '/spec/auth/signs', 'timestampHeader'],
    ['a signature that leaves the body out', { ...webhook, auth: { kind: 'hmac', secretFiles: ['s'], header: 'x-sum', signs: '{id}' } }, '/spec/auth/signs', 'pattern'],
    ['SHA-1', { ...webhook, auth: { kind: 'hmac', secretFiles: ['s'], header: 'x-sum', algorithm: 'sha1' } }, '/spec/auth/algorithm', 'sha256'],
    ['one secret named twice', { ...webhook, auth: { kind: 'github', secretFiles: ['s', 's'] } }, '/spec/auth/secretFiles', 'duplicate'],
    ['trust in a field of what nobody signed', { ...webhook, auth: unsigned, fields: { '/a': { trust: 'verified' } } }, '/spec/fields/~1a/trust', 'must be untrusted'],
    ['a schema that is none', { ...webhook, schema: { version: 1, json: { type: 'thing' } } }, '/spec/schema/json', 'type'],
    ['an id in no known place', { ...webhook, eventId: { cookie: 'a' } }, '/spec/eventId/cookie', 'not a field'],
    ['a host of a web hook with its scheme', { ...webhook, kind: 'cloudevents', allowedOrigins: ['https://a.example'] }, '/spec/allowedOrigins/0', 'pattern'],
    ['an address with a password', { kind: 'feed', config: { urls: ['https://me:word@a.example/'] }, subject: { constant: 'a' }, class: 'public' }, '/spec/config/urls/0', 'pattern'],
  ])('%s is refused by name', (_, spec, pointer, message) => {
    expect(faultsOf(manifest(spec))[pointer]).toContain(message);
  });

  it.each([[null], ['text'], [[]], [{}]])('%j is no manifest', (parsed) => {
    expect(Object.keys(faultsOf(parsed))).not.toEqual([]);
  });
});
