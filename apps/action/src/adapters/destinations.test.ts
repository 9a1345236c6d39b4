// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Destinations, DestinationsInvalid } from './destinations.js';

const refusal = (text: string): string => {
  try {
    Destinations.parse(text);
    return 'accepted';
  } catch (error) {
    if (error instanceof DestinationsInvalid) return error.message;
    throw error;
  }
};

describe('where actions may go', () => {
  const destinations = Destinations.parse(`
webhooks:
  risk-desk: { url: 'https://hooks.example.com/nervus?team=risk', tenants: [default] }
hosts:
  - { origin: 'http://127.0.0.1:8080', methods: [POST], allowPrivate: true, idempotency: native, probe: 'http://127.0.0.1:8080/effects/{key}' }
  - { origin: 'https://api.example.com', methods: [GET] }
`);

  it('an endpoint is reached by its name, and by its tenants alone', () => {
    expect(destinations.webhook('risk-desk', 'default')).toMatchObject({ idempotency: 'native', rule: { hosts: ['hooks.example.com'], ports: [443], methods: ['POST'], schemes: ['https'], allowPrivate: false } });
    expect(destinations.webhook('risk-desk', 'another')).toBeUndefined();
    expect(destinations.webhook('constructor', 'default')).toBeUndefined();
  });

  it('a host is its scheme, name and port, with the methods that were opened; repetition is never assumed', () => {
    expect(destinations.host(new URL('https://api.example.com/v1'), 'GET', 'default')).toMatchObject({ idempotency: 'none' });
    expect(destinations.host(new URL('https://api.example.com/v1'), 'POST', 'default')).toBeUndefined();
    expect(destinations.host(new URL('http://api.example.com/v1'), 'GET', 'default')).toBeUndefined();
    expect(destinations.host(new URL('https://api.example.com:8443/'), 'GET', 'default')).toBeUndefined();
    expect(destinations.host(new URL('http://127.0.0.1:8080/x'), 'POST', 'another')).toMatchObject({ idempotency: 'native', rule: { allowPrivate: true, ports: [8080] }, probe: { rule: { methods: ['GET'] } } });
  });

  it.each([
    ['hosts: [{ origin: https://api.example.com/path, methods: [GET] }]', 'path'],
    ['hosts: [{ origin: https://api.example.com, methods: [TRACE] }]', '/hosts/0/methods'],
    ['hosts: [{ origin: https://api.example.com, methods: [GET], retries: 3 }]', '/hosts/0'],
    ['webhooks: { desk: { url: ftp://example.com } }', '/webhooks/desk/url'],
    ['webhooks: { desk: { url: https://example.com, probe: https://example.com/x } }', '/webhooks/desk/probe'],
    ['webhooks: [', 'not YAML'],
  ])('%s stops the start, saying where', (text, where) => {
    expect(refusal(text)).toContain(where);
  });

  it('an installation without the file reaches nothing outside', () => {
    expect(Destinations.read('').host(new URL('https://api.example.com'), 'GET', 'default')).toBeUndefined();
    expect(() => Destinations.read('/nowhere/destinations.yaml')).toThrow(DestinationsInvalid);
  });
});
