// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { contentModeOf } from './content-mode.js';

describe('media types', () => {
  it.each([
    ['webhook', 'application/json', 'json'],
    ['webhook', 'Application/JSON; charset="UTF-8"', 'json'],
    ['cloudevents', 'application/cloudevents+json; charset=utf-8', 'structured'],
    ['cloudevents', 'application/json', 'json'],
    ['cloudevents', 'application/vnd.order+json', 'json'],
  ] as const)('%s takes %s', (kind, contentType, mode) => {
    expect(contentModeOf(kind, contentType, undefined)).toBe(mode);
  });

  it.each([
    ['webhook', undefined, undefined],
    ['webhook', 'text/plain', undefined],
    ['webhook', 'application/x-www-form-urlencoded', undefined],
    ['webhook', 'application/cloudevents+json', undefined],
    ['webhook', 'application/json; charset=latin1', undefined],
    ['webhook', 'application/json', 'gzip'],
    ['cloudevents', 'application/cloudevents+avro', undefined],
    ['cloudevents', 'text/json', undefined],
  ] as const)('%s refuses %s with coding %s', (kind, contentType, encoding) => {
    expect(() => contentModeOf(kind, contentType, encoding)).toThrow(expect.objectContaining({ status: 415, code: 'media_type_unsupported' }));
  });

  it('a batch is refused by name', () => {
    expect(() => contentModeOf('cloudevents', 'application/cloudevents-batch+json', undefined)).toThrow(expect.objectContaining({ status: 415, code: 'cloudevents_batch_unsupported' }));
  });
});
