// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { requestOf } from './event-request.js';

const event = { id: 'e-1', type: 'order.placed', subject: 'Zürich 100 %', time: '2026-12-01T10:00:00Z', data: { total: 5 } };

it('writes a structured CloudEvent whose body holds every attribute, so that a signature covers them', () => {
  const { headers, body } = requestOf(event, 'cloudevent', 'urn:shop');
  expect(headers).toEqual({ 'content-type': 'application/cloudevents+json' });
  expect(JSON.parse(body)).toEqual({ specversion: '1.0', source: 'urn:shop', datacontenttype: 'application/json', ...event });
});

it('escapes attributes of a binary CloudEvent as the binding wants, lone surrogates included', () => {
  const { headers, body } = requestOf(event, 'cloudevent-binary', 'urn:shop');
  expect(headers).toEqual({ 'content-type': 'application/json', 'ce-specversion': '1.0', 'ce-id': 'e-1', 'ce-source': 'urn:shop', 'ce-type': 'order.placed', 'ce-subject': 'Z%C3%BCrich%20100%20%25', 'ce-time': event.time });
  expect(body).toBe('{"total":5}');
  expect(requestOf({ ...event, subject: '\uD800"' }, 'cloudevent-binary', 'urn:shop').headers['ce-subject']).toBe('%EF%BF%BD%22');
});

it('gives each event without an id one of its own', () => {
  expect(requestOf({ data: 1 }, 'webhook', undefined).id).not.toBe(requestOf({ data: 1 }, 'webhook', undefined).id);
});

it('refuses what would be lost or could not be sent', () => {
  expect(() => requestOf({ data: 1, type: 'a' }, 'webhook', undefined)).toThrow('a webhook cannot carry');
  expect(() => requestOf({ data: 1 }, 'cloudevent', 'urn:shop')).toThrow('lacks the type');
  expect(() => requestOf(event, 'cloudevent', undefined)).toThrow('lacks the source');
  expect(() => requestOf({ data: undefined }, 'webhook', undefined)).toThrow('no JSON value');
  expect(() => requestOf({ data: 1, id: 'a\r\nb' }, 'webhook', undefined)).toThrow('cannot stand in a header');
});
