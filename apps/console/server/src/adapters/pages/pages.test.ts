// SPDX-License-Identifier: Apache-2.0
import { RequestChanged } from '@nervus/contracts';
import { digestOf } from '@nervus/trust';
import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestRow } from '../../domain/request-row.js';
import { standingOf, stepsOf } from '../../domain/result-chain.js';
import { html } from './html.js';
import { inboxPart } from './inbox-page.js';
import type { Frame } from './layout.js';
import { ageLine } from './layout.js';
import { requestPage, type RequestView } from './request-page.js';
import { inert } from './text.js';

const example = RequestChanged.examples[0]!;
const frame: Frame = { person: 'nora', csrfToken: 'csrf', freshness: { asOf: '2026-11-24T10:00:00.000Z', ageMs: 1000 }, stops: [], feed: 'e.1' };
function pageOf(packet: Partial<RequestChanged['packet']>, changes: Partial<RequestChanged> = {}, view: Partial<RequestView> = {}): string {
  const whole = { ...example.packet, ...packet };
  const request: RequestChanged = { ...example, packet: whole, evidenceHash: digestOf(whole), ...changes };
  const row = requestRow('default', request, 1);
  return requestPage(frame, { row, request, chain: { standing: standingOf(row, undefined), steps: stepsOf(row, undefined) }, drawnHash: digestOf(whole), mayDecide: true, ...view });
}
/** Markup that is not ours: whatever a page shows of hostile text must be text. */
const tagsOf = (markup: string): Set<string> => new Set([...markup.matchAll(/<\/?([a-z][a-z0-9-]*)/gi)].map(([, name]) => name ?? ''));
const hostile = '<script>alert(1)</script><img src=x onerror="alert(1)"><a href="javascript:x">ok</a>" autofocus onfocus=\'x\' \u202Eevorppa';

describe('templates', () => {
  it('text becomes markup in no place', () => {
    assert(property(string({ unit: 'binary' }), (text) => {
      const { markup } = html`<p title="${text}">${text}</p>`;
      return /^<p title="[^"<>]*">[^<>]*<\/p>$/.test(markup);
    }));
  });

  it('nothing stands for nothing', () => {
    expect(html`<p>${undefined}${false}${[html`<b>${1}</b>`, 'x']}</p>`.markup).toBe('<p><b>1</b>x</p>');
  });

  it('text of agents keeps to its box, and a long one scrolls in it, by keyboard too', () => {
    expect(inert('<b>').markup).toBe('<bdi class="inert">&lt;b&gt;</bdi>');
    expect(inert('x\u202Ey').markup).toContain('<span class="ghost"');
    expect(inert('x'.repeat(9000)).markup).toMatch(/class="inert long" tabindex="0".*<details class="rest"><summary>The rest of 9000 bytes/s);
    expect(inert('\n'.repeat(20)).markup).toContain('long');
  });
});

describe('the page of a request', () => {
  it('hostile text anywhere in the packet adds no element, attribute or link', () => {
    const clean = tagsOf(pageOf({ flags: ['x'], labels: {}, reasons: [{ text: 'x', src: ['x'] }], against: [{ text: 'x', src: [] }], sources: [{ eventId: 'e', title: 'x', excerpt: 'x', link: 'x' }] }));
    const action = { ...example.packet.action, target: hostile, params: { [hostile]: hostile, body: { deep: hostile } } };
    const page = pageOf({
      action, flags: [hostile, `mixed-scripts:${hostile}`], labels: { '/body/deep': { src: [`${hostile}#${hostile}`], trust: 'untrusted', class: 'public' } }, policies: [hostile], owner: hostile,
      risk: { score: 1, rows: [{ row: hostile, score: 1, because: hostile }] }, reasons: [{ text: hostile, src: [hostile] }], against: [{ text: hostile, src: [hostile] }], sources: [{ eventId: 'e', title: hostile, excerpt: hostile, link: 'javascript:alert(1)' }],
    });
    for (const tag of tagsOf(page)) expect(clean.has(tag) || tag === 'span', tag).toBe(true);
    expect(page).not.toMatch(/<(img|script(?! src="\/assets))/);
    expect(page).not.toMatch(/(href|src)="(?!\/|#)/);
    expect(page.replaceAll(/"[^"]*"/g, '""').match(/<[^>]*\s(on[a-z]+|autofocus)/i)).toBeNull();
    expect(page).not.toContain('\u202E');
  });

  it('no button is focused, is the default or sits in a form that Enter sends', () => {
    const page = pageOf({});
    expect(page).not.toMatch(/autofocus|type="submit"|<input/);
    expect([...page.matchAll(/<button ([^>]*)>/g)].every(([, attributes]) => attributes?.includes('type="button"'))).toBe(true);
    expect(page).toContain('data-verdict="approve"');
  });

  it('names the hash of what it drew, and offers no verdict when that is not the hash of the request', () => {
    const page = pageOf({ confidence: 0.5 });
    expect(page).toContain(`data-evidence="${digestOf({ ...example.packet, confidence: 0.5 })}"`);
    const forged = pageOf({ confidence: 0.5 }, { evidenceHash: example.packet.digest });
    expect(forged).toContain('Do not decide');
    expect(forged).not.toContain('data-verdict');
  });

  it('offers a verdict only on an open request and to those whose role allows it', () => {
    expect(pageOf({}, { state: 'refused', code: 'rejected' })).not.toContain('data-verdict');
    expect(pageOf({}, {}, { mayDecide: false })).not.toContain('data-verdict');
  });

  it('marks control parameters and says where each value comes from', () => {
    const page = pageOf({ labels: { '/url': { src: ['2f1b8a3e-4c5d-5e6f-8a9b-0c1d2e3f4a5b#/content'], trust: 'untrusted', class: 'pii' } }, control: ['/url'], sources: [{ eventId: '2f1b8a3e-4c5d-5e6f-8a9b-0c1d2e3f4a5b', title: 'The source', excerpt: 'x' }] });
    expect(page).toMatch(/<code>url<\/code> <span class="badge control">control<\/span> <span class="badge danger">! from text that was read<\/span>.*?trust-untrusted">untrusted.*?class-pii">pii.*?#source-2f1b8a3e-4c5d-5e6f-8a9b-0c1d2e3f4a5b">The source/s);
    expect(page).toMatch(/<code>method<\/code>.*?none named.*?nowhere named/s);
  });
});

describe('the inbox', () => {
  it('says how old it is, and warns when it is behind', () => {
    const page = { items: [requestRow('default', example, 1)], next: null };
    expect(inboxPart({ state: 'open', page, cursor: undefined }, frame.freshness).markup).toContain('As of');
    expect(ageLine({ asOf: '2026-11-24T10:00:00.000Z', ageMs: 20_000 }).markup).toContain('Behind');
    expect(ageLine({ asOf: null, ageMs: null }).markup).toContain('may not be up to date');
  });

  it('a hostile target is one line of text', () => {
    const row = requestRow('default', { ...example, packet: { ...example.packet, action: { ...example.packet.action, target: `${hostile}\n${'x'.repeat(500)}` } } }, 1);
    const { markup } = inboxPart({ state: 'open', page: { items: [row], next: null }, cursor: undefined }, frame.freshness);
    expect(markup).not.toMatch(/<script|<img|\u202E/);
    expect(markup).not.toContain('x'.repeat(130));
  });
});
