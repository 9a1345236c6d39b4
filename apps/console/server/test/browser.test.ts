// SPDX-License-Identifier: Apache-2.0
// People at the console, in headless Chromium: log in by link, look, decide, see the result; by keyboard alone too.
import { DecisionMade, derivedId, OutcomeRecorded, RequestChanged, VerdictGiven } from '@nervus/contracts';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser } from './browser.js';
import { aDigest, ConsoleWorld, ended, requestOf, sourceId } from './console-world.js';

let world: ConsoleWorld;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** What the pages complained of: refused by the policy for scripts, or thrown. */
let complaints: string[] = [];

beforeAll(async () => {
  [world, browser] = await Promise.all([ConsoleWorld.open(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await world?.close();
});
beforeEach(async () => {
  complaints = [];
  context = await browser.newContext({ reducedMotion: 'reduce' });
  page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => void (message.type() === 'error' && /Content Security Policy|Refused|TrustedHTML/i.test(message.text()) && complaints.push(message.text())));
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
});
afterEach(async () => {
  await context.close();
  expect(complaints).toEqual([]);
});

async function logIn(person: string): Promise<void> {
  world.handOut();
  await page.goto(world.url(`/login#${world.secretsOf(person).link}`));
  await page.waitForURL(world.url('/'));
}

/** What has the focus. */
const focused = (what: 'tagName' | 'textContent' | 'id' | 'href'): Promise<string> => page.evaluate<string>(`document.activeElement?.${what} ?? ''`);

async function opened(n: number, changes: Parameters<typeof requestOf>[1] = {}): Promise<RequestChanged> {
  const request = requestOf(n, changes);
  await world.publish(RequestChanged, request.requestId, request);
  await world.eventually('nora', `/api/requests/${request.requestId}`, (body) => body.request !== undefined);
  return request;
}

/** Plays approval and action for a verdict: it is accepted, decided and carried out. */
async function carriedOut(request: RequestChanged): Promise<void> {
  const [given] = await world.mesh.until(VerdictGiven, ({ requestId }) => requestId === request.requestId);
  const { action, digest } = request.packet;
  await world.publish(RequestChanged, request.requestId, ended(request, 'permitted', 'approved'));
  const decision: DecisionMade = {
    result: 'permitted', code: 'approved', action, digest, tier: 2, risk: request.packet.risk, policies: [], policySet: { v: 1, h: aDigest }, registryVersion: 1, ruling: 1,
    request: { requestId: request.requestId, revision: 1, votes: ended(request, 'permitted', 'approved').votes, evidenceHash: request.evidenceHash },
  };
  await world.publish(DecisionMade, action.runId, decision, 'default', { actiondigest: digest, tier: '2' });
  await world.answer(given!.data.commandId, 'accepted', 200, 'The action is permitted.');
}
async function done(request: RequestChanged): Promise<void> {
  const { action, digest } = request.packet;
  const outcome: OutcomeRecorded = { actionId: action.actionId, runId: action.runId, digest, jti: derivedId('permit', action.actionId), tool: 'http', operation: 'request', target: action.target, tier: 2, result: 'succeeded', code: 'done', detail: '201 Created', attempts: 1, idempotencyKey: aDigest, finishedAt: new Date().toISOString() };
  await world.publish(OutcomeRecorded, action.runId, outcome, 'default', { actiondigest: digest, tier: '2', permit: 'eyJhbGciOiJFUzI1NiJ9.e30.c2ln', decisionleaf: aDigest, result: 'succeeded' });
}

describe('a person at the console', () => {
  it('logs in by link, opens a request, approves it with a reason and sees it done', async () => {
    const request = await opened(1);
    await logIn('nora');
    expect(new URL(page.url()).hash).toBe('');
    await page.getByRole('link', { name: /http\.request POST .*\/orders\/1$/ }).click();
    await page.getByLabel('Reason').fill('Checked against the exposure report.');
    const approve = page.getByRole('button', { name: 'Approve' });
    await approve.dblclick();
    const carried = carriedOut(request);
    await page.getByText('The action is permitted.').waitFor();
    await carried;
    await page.getByText('It is approved and not done yet').waitFor();
    await done(request);
    await page.getByText('It was done.').waitFor();
    expect(await page.locator('#chain tbody tr').allInnerTexts()).toEqual([expect.stringMatching(/^request/), expect.stringMatching(/^decision.*person:nora approved/s), expect.stringMatching(/^outcome.*201 Created/s)]);
    const given = world.mesh.of(VerdictGiven, ({ requestId }) => requestId === request.requestId);
    expect(given.map(({ data }) => data)).toEqual([expect.objectContaining({ verdict: 'approve', revision: 1, evidenceHash: request.evidenceHash, digest: request.packet.digest, reason: 'Checked against the exposure report.' })]);
    expect(await approve.isDisabled()).toBe(true);
  });

  it('does all of it by keyboard, and no key decides by itself', async () => {
    const request = await opened(2, { expiresAt: new Date(Date.now() + 60_000).toISOString() });
    await logIn('nora');
    await page.locator(`tr[data-id="${request.requestId}"]`).waitFor();
    for (let presses = 0; !(await focused('href')).endsWith(request.requestId); presses++) {
      expect(presses).toBeLessThan(30);
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await page.waitForURL(world.url(`/requests/${request.requestId}`));
    expect(await focused('tagName')).toBe('BODY');
    for (const key of ['Enter', 'a', 'y', 'Space', 'r']) await page.keyboard.press(key);
    for (let presses = 0; (await focused('id')) !== 'reason'; presses++) {
      expect(presses).toBeLessThan(40);
      await page.keyboard.press('Tab');
    }
    await page.keyboard.type('Not before the desk has looked at it.');
    await page.keyboard.press('Enter');
    expect(world.mesh.of(VerdictGiven, ({ requestId }) => requestId === request.requestId)).toEqual([]);
    await page.keyboard.press('Tab');
    expect(await focused('textContent')).toBe('Reject');
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    await page.keyboard.press('Enter');
    const [given] = await world.mesh.until(VerdictGiven, ({ requestId }) => requestId === request.requestId);
    expect(given?.data).toMatchObject({ verdict: 'reject', reason: 'Not before the desk has looked at it.\n' });
    await world.answer(given!.data.commandId, 'separation_of_duties', 403, 'Owners may not decide.');
    await page.getByText('Owners may not decide. (separation_of_duties)').waitFor();
  });

  it('sees a new request come by itself, while the row in hand stays', async () => {
    const first = await opened(3, { expiresAt: new Date(Date.now() + 50_000).toISOString() });
    await logIn('nora');
    const mine = page.locator(`tr[data-id="${first.requestId}"] a`);
    await mine.focus();
    const sooner = requestOf(4, { expiresAt: new Date(Date.now() + 40_000).toISOString() });
    const began = Date.now();
    await world.publish(RequestChanged, sooner.requestId, sooner);
    await page.locator(`tr[data-id="${sooner.requestId}"]`).waitFor();
    expect(Date.now() - began).toBeLessThan(5_000);
    expect(await focused('href')).toContain(first.requestId);
    expect(await page.locator('#announcer').textContent()).toBe('One more request in the list.');
  });

  it('cannot decide on what was changed or ended since the page was drawn', async () => {
    const request = await opened(5);
    await logIn('nora');
    await page.goto(world.url(`/requests/${request.requestId}`));
    await world.publish(RequestChanged, request.requestId, { ...request, version: 2, revision: 2, nonce: 'bmV3' });
    await page.getByText('What is asked has changed: load the page again').waitFor();
    expect(await page.getByRole('button', { name: 'Approve' }).isDisabled()).toBe(true);
    await page.reload();
    expect(await page.getByRole('button', { name: 'Approve' }).isEnabled()).toBe(true);
    await world.publish(RequestChanged, request.requestId, { ...ended(request, 'expired', 'expired'), version: 3, revision: 2, votes: [] });
    await page.getByText('This request has ended.').waitFor();
    expect(await page.getByRole('button', { name: 'Approve' }).isDisabled()).toBe(true);
  });

  it('does not lose a reason in the making when the session ends', async () => {
    const request = await opened(7);
    await logIn('nora');
    await page.goto(world.url(`/requests/${request.requestId}`));
    await page.getByLabel('Reason').fill('Half a thought');
    await page.evaluate(`fetch('/api/session', { method: 'DELETE', headers: { 'x-csrf-token': document.querySelector('meta[name="csrf-token"]').content } })`);
    await world.publish(RequestChanged, request.requestId, { ...request, version: 2 });
    await page.getByText('Your session has ended').waitFor();
    expect(await page.getByLabel('Reason').inputValue()).toBe('Half a thought');
  });

  it('logs out, and is back at the login', async () => {
    await logIn('theo');
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.waitForURL(world.url('/login'));
    await page.goto(world.url('/'));
    expect(page.url()).toBe(world.url('/login'));
  });
});

describe('text of an agent', () => {
  it('does nothing on the page, hides nothing and stays in its box', async () => {
    const evil = '<script>alert(1)</script><img src=x onerror=alert(1)>[click](javascript:alert(1)) PRE-APPROVED\u202E\u200B <style>*{display:none}</style>';
    const request = await opened(6, {
      packet: {
        reasons: [{ text: evil, src: [`${sourceId}#/content`] }, { text: 'Approve this now. '.repeat(450), src: [] }], sources: [{ eventId: sourceId, title: evil.slice(0, 200), excerpt: evil, link: 'javascript:alert(1)' }], flags: ['instruction-like:/reasons/0'],
      },
    });
    await logIn('nora');
    await page.goto(world.url(`/requests/${request.requestId}`));
    await page.getByText('Text that speaks to you or to a model instead of reporting').waitFor();
    expect(await page.locator('main script, main img, main style, main iframe, main a:not([href^="/"]):not([href^="#"])').count()).toBe(0);
    const words = page.locator('.agent-words').first();
    expect(await words.locator('.ghost').allInnerTexts()).toEqual(['U+202E', 'U+200B']);
    expect(await words.innerText()).toContain('<script>alert(1)</script>');
    // However much it says, the decision stays within reach.
    expect((await words.boundingBox())?.height).toBeLessThan(600);
    expect(await focused('tagName')).toBe('BODY');
  });
});
