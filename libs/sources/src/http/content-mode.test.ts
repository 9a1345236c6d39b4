// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Auth } from '../manifest/auth.js';
import { checkSource, type SpecOf } from '../manifest/source-manifest.js';
import { contentModeOf } from './content-mode.js';

function specOf(kind: 'webhook' | 'cloudevents', auth: Auth['kind'] = 'standard-webhooks'): SpecOf<'webhook' | 'cloudevents'> {
  const checked = checkSource({ apiVersion: 'nervus.dev/v1', kind: 'Source', metadata: { name: 'a', owner: 'group:a' }, spec: { kind, auth: { kind: auth, secretFiles: ['s'] }, subject: { constant: 's' }, class: 'public' } });
  if ('faults' in checked) throw new Error(JSON.stringify(checked.faults));
  return checked.source.spec as SpecOf<'webhook' | 'cloudevents'>;
}

describe('media types', () => {
  it.each([
    ['webhook', 'application/json', 'json'],
    ['webhook', 'Application/JSON; charset="UTF-8"', 'json'],
    ['cloudevents', 'application/cloudevents+json; charset=utf-8', 'structured'],
    ['cloudevents', 'application/json', 'json'],
    ['cloudevents', 'application/vnd.order+json', 'json'],
    ['cloudevents', 'application/cloudevents-batch+json', 'batch'],
  ] as const)('%s takes %s', (kind, contentType, mode) => {
    expect(contentModeOf(specOf(kind), contentType, undefined)).toBe(mode);
  });

  it.each([
    ['webhook', undefined, undefined],
    ['webhook', 'text/plain', undefined],
    ['webhook', 'application/x-www-form-urlencoded', undefined],
    ['webhook', 'application/cloudevents+json', undefined],
    ['webhook', 'application/json; charset=latin1', undefined],
    ['webhook', 'application/json', 'gzip'],
    ['cloudevents', 'application/cloudevents+avro', undefined],
    ['cloudevents', 'application/cloudevents-batch+avro', undefined],
    ['cloudevents', 'text/json', undefined],
  ] as const)('%s refuses %s with coding %s', (kind, contentType, encoding) => {
    expect(() => contentModeOf(specOf(kind), contentType, encoding)).toThrow(expect.objectContaining({ status: 415, code: 'media_type_unsupported' }));
  });

  it('Slack sends forms, and nobody else may', () => {
    expect(contentModeOf(specOf('webhook', 'slack'), 'application/x-www-form-urlencoded', undefined)).toBe('form');
    expect(() => contentModeOf(specOf('webhook', 'github'), 'application/x-www-form-urlencoded', undefined)).toThrow(expect.objectContaining({ status: 415, message: expect.stringContaining('at GitHub') }));
  });
});
