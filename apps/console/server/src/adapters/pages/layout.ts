// SPDX-License-Identifier: Apache-2.0
import type { StopChanged } from '@nervus/contracts';
import type { Freshness } from '../../domain/freshness.js';
import { inertLine } from '../../domain/inert-text.js';
import { assetUrl } from './assets.js';
import { type Html, html, type Piece } from './html.js';
import { badge, instant } from './text.js';

/** What every page of a person who is logged in shows around its content. */
export interface Frame {
  readonly person: string;
  readonly csrfToken: string;
  readonly freshness: Freshness;
  readonly stops: readonly StopChanged[];
  /** Id of the newest change that the page has seen. */
  readonly feed: string;
}

export type PageName = 'inbox' | 'intelligence' | 'request';

const shell = (title: string, head: Piece, body: Piece): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Nervus</title>
<link rel="icon" href="${assetUrl('icon.svg')}">
<link rel="stylesheet" href="${assetUrl('app.css')}">
<script src="${assetUrl('app.js')}" defer></script>
${head}
</head>
${body}
</html>
`.markup;

/** A page for people who are logged in. */
export function framedPage(title: string, page: PageName, frame: Frame, content: Html): string {
  const link = (name: PageName, href: string, text: string): Html => html`<a href="${href}"${page === name && html` aria-current="page"`}>${text}</a>`;
  return shell(
    title,
    html`<meta name="csrf-token" content="${frame.csrfToken}">`,
    html`<body data-page="${page}" data-feed="${frame.feed}">
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<p class="brand"><a href="/">Nervus</a></p>
<nav aria-label="Main">${link('inbox', '/', 'Inbox')}${link('intelligence', '/intelligence', 'Intelligence')}</nav>
<p class="who"><span>${frame.person}</span> <button type="button" class="quiet" data-action="log-out">Log out</button></p>
</header>
${stopBanner(frame.stops)}
<main id="main" tabindex="-1">
${content}
</main>
<p class="visually-hidden" role="status" aria-live="polite" id="announcer"></p>
</body>`,
  );
}

/** A page for everyone: login, and what went wrong. */
export function plainPage(title: string, page: string, content: Html): string {
  return shell(title, undefined, html`<body data-page="${page}">
<header class="top"><p class="brand"><span>Nervus</span></p></header>
<main id="main" tabindex="-1" class="narrow">
${content}
</main>
</body>`);
}

/** How old the view is. Behind by more than fifteen seconds is said as a warning. */
export function ageLine({ asOf, ageMs }: Freshness): Html {
  if (asOf === null || ageMs === null) return html`<p class="age late">Nothing was heard from approval yet: this may not be up to date.</p>`;
  const late = ageMs > 15_000;
  return html`<p class="age${late ? ' late' : ''}">${late ? 'Behind: as of ' : 'As of '}${instant(asOf, 'ago')}</p>`;
}

function stopBanner(stops: readonly StopChanged[]): Html | undefined {
  const active = stops.filter((stop) => stop.active);
  if (active.length === 0) return undefined;
  return html`<section class="stops" aria-label="Active stops"><h2>Stopped</h2><ul>${active.map(({ scope, reason, by, at }) => html`<li>${badge('danger', scope.kind === 'all' ? 'everything' : `${scope.kind} ${scope.name}`)} ${inertLine(reason)} <span class="faint">by ${by.join(', ')}, ${instant(at, 'ago')}</span></li>`)}</ul></section>`;
}
