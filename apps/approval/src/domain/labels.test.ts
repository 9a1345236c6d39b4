// SPDX-License-Identifier: Apache-2.0
import { findOperation, type Label } from '@nervus/contracts';
import { describe, expect, it } from 'vitest';
import { Destinations } from './destinations.js';
import { provenanceOf, taintedControl } from './labels.js';

const label = (trust: Label['trust'], dataClass: Label['class'] = 'public'): Label => ({ src: [], trust, class: dataClass });
const operation = findOperation('http', 'request', 1)?.operation;
if (!operation) throw new TypeError('http.request is gone');

describe('provenance of a parameter', () => {
  it('is the lowest trust and the highest class of everything above and below it', () => {
    expect(provenanceOf({ '': label('owner', 'internal'), '/body/text': label('untrusted') }, '/body')).toEqual({ trust: 'untrusted', class: 'internal' });
  });

  it('without a label over the whole of it is the worst', () => {
    expect(provenanceOf({ '/body/text': label('owner') }, '/body')).toEqual({ trust: 'untrusted', class: 'secret' });
    expect(provenanceOf({ '/bodyguard': label('owner') }, '/body')).toEqual({ trust: 'untrusted', class: 'secret' });
  });
});

describe('a control parameter', () => {
  const taintOf = (trust: Label['trust'], fixed: boolean): string[] => taintedControl({ '/url': label(trust) }, operation, { url: 'https://a.example/' }, () => fixed);

  it('that came from text is tainted, unless manifest or list fix it', () => {
    expect([taintOf('untrusted', false), taintOf('verified', false), taintOf('owner', false), taintOf('system', false), taintOf('untrusted', true)]).toEqual([['/url'], ['/url'], ['/url'], [], []]);
  });

  it('that is absent is not', () => {
    expect(taintedControl({}, operation, {}, () => false)).toEqual([]);
  });
});

describe('destinations', () => {
  const list = new Destinations([{ tool: 'http.request', origins: ['https://api.example.com', 'http://127.0.0.1:80'], values: ['https://exact.example/hook'], clearance: 'public' }]);
  const trusts = (url: unknown): boolean => list.trusts('http.request', operation, { url });

  it.each(['https://api.example.com/orders', 'https://API.example.com:443/x?y', 'http://127.0.0.1/x', 'https://exact.example/hook'])('%s is listed', (url) => {
    expect(trusts(url)).toBe(true);
  });

  it.each([
    'http://api.example.com/', 'https://api.example.com:8443/', 'https://api.example.com.evil.example/', 'https://api.example.com@evil.example/', 'https://user@api.example.com/', 'https://evil.example/?https://api.example.com', 'https://exact.example/hook2', 'not a url', 7, undefined,
  ])('%s is not', (url) => {
    expect(trusts(url)).toBe(false);
  });

  it('an origin says nothing about who chose the path: only exact values clear a control parameter', () => {
    expect(list.lists('http.request', 'https://api.example.com/orders')).toBe(false);
    expect(list.lists('http.request', 'https://exact.example/hook')).toBe(true);
    expect(list.lists('webhook.send', 'https://exact.example/hook')).toBe(false);
  });

  it('the list may lower the clearance of an operation', () => {
    expect(list.clearance('http.request', operation, { url: 'https://api.example.com/' })).toBe('public');
    expect(list.clearance('http.request', operation, { url: 'https://elsewhere.example/' })).toBe('internal');
  });
});
