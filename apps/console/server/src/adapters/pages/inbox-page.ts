// SPDX-License-Identifier: Apache-2.0
import type { Page } from '../../domain/cursor.js';
import type { Freshness } from '../../domain/freshness.js';
import { inertLine } from '../../domain/inert-text.js';
import { requestStates, type RequestRow, type RequestState } from '../../domain/request-row.js';
import { type Html, html } from './html.js';
import { ageLine, type Frame, framedPage } from './layout.js';
import { badge, instant } from './text.js';

export interface Inbox {
  readonly state: RequestState;
  readonly page: Page<RequestRow>;
  /** Cursor that this page was asked for with. */
  readonly cursor: string | undefined;
}

const titles: Readonly<Record<RequestState, string>> = { open: 'Open', permitted: 'Permitted', refused: 'Refused', expired: 'Expired', superseded: 'Replaced' };

/** Questions to people: what is open, the most urgent first. */
export function inboxPage(frame: Frame, inbox: Inbox): string {
  const tabs = requestStates.map((state) => html`<a href="${state === 'open' ? '/' : `/?state=${state}`}"${state === inbox.state && html` aria-current="true"`}>${titles[state]}</a>`);
  return framedPage(
    inbox.state === 'open' ? 'Inbox' : titles[inbox.state],
    'inbox',
    frame,
    html`<h1>Requests</h1>
<nav class="tabs" aria-label="State of the requests">${tabs}</nav>
<div id="live" data-part="${partUrl(inbox)}">${inboxPart(inbox, frame.freshness)}</div>`,
  );
}

/** The part of the page that is drawn again when something changes. */
export function inboxPart({ state, page, cursor }: Inbox, freshness: Freshness): Html {
  const rows = page.items.map((row) => requestRow(row));
  const list =
    rows.length === 0
      ? html`<p class="empty">${state === 'open' ? 'Nothing waits for people.' : `No request is ${titles[state].toLowerCase()}.`}</p>`
      : html`<table class="list">
<thead><tr><th scope="col">${state === 'open' ? 'Time left' : 'Ended'}</th><th scope="col">Tier</th><th scope="col">What an agent asks for</th><th scope="col">Votes</th><th scope="col">Warnings</th></tr></thead>
<tbody>${rows}</tbody>
</table>`;
  const more = page.next !== null && html`<a class="more" href="/?state=${state}&amp;cursor=${page.next}">More</a>`;
  const first = cursor !== undefined && html`<a class="more" href="/?state=${state}">Back to the first</a>`;
  return html`${ageLine(freshness)}${list}<p class="paging">${first}${more}</p>`;
}

function requestRow(row: RequestRow): Html {
  return html`<tr data-id="${row.requestId}">
<td class="when">${row.state === 'open' ? instant(row.expiresAt, 'left') : instant(new Date(row.at).toISOString(), 'ago')}</td>
<td>${badge(`tier tier-${row.tier}`, `tier ${row.tier}`)}</td>
<td><a class="row-link" href="/requests/${row.requestId}"><strong>${row.tool}</strong> <bdi>${shortTarget(row.target)}</bdi></a><span class="about"><bdi>${inertLine(row.about)}</bdi></span><span class="faint">${row.agent}${row.code !== null && html` · ${row.code}`}</span></td>
<td data-label="Votes">${row.approvals} of ${row.quorum}</td>
<td data-label="Warnings">${row.flags > 0 ? badge('warning', `! ${row.flags}`) : html`<span class="faint">none</span>`}</td>
</tr>`;
}

function shortTarget(target: string): string {
  const points = Array.from(inertLine(target));
  return points.length <= 120 ? points.join('') : `${points.slice(0, 119).join('')}…`;
}

const partUrl = ({ state, cursor }: Inbox): string => `/parts/inbox?${new URLSearchParams({ state, ...(cursor === undefined ? {} : { cursor }) }).toString()}`;
