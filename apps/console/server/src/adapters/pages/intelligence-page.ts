// SPDX-License-Identifier: Apache-2.0
import type { Page } from '../../domain/cursor.js';
import type { IntelligenceRow } from '../../domain/other-rows.js';
import { type Html, html } from './html.js';
import { ageLine, type Frame, framedPage } from './layout.js';
import { badge, citations, inert, instant } from './text.js';

/** What agents concluded, each statement with the places that support it. */
export function intelligencePage(frame: Frame, page: Page<IntelligenceRow>, cursor: string | undefined): string {
  const more = page.next !== null && html`<a class="more" href="/intelligence?cursor=${page.next}">More</a>`;
  const first = cursor !== undefined && html`<a class="more" href="/intelligence">Back to the newest</a>`;
  return framedPage(
    'Intelligence',
    'intelligence',
    frame,
    html`<h1>Intelligence</h1>
${ageLine(frame.freshness)}
${page.items.length === 0 ? html`<p class="empty">No agent has concluded anything yet.</p>` : page.items.map(article)}
<p class="paging">${first}${more}</p>`,
  );
}

function article({ intelligence, at }: IntelligenceRow): Html {
  const { title, kind, subject, severity, agent, statements, trust, runId } = intelligence;
  return html`<article class="card">
<h2>${inert(title)}</h2>
<p class="meta">${badge('plain', kind)} ${badge(`trust trust-${trust}`, trust)} <span>severity ${severity} of 100</span> <span>about ${inert(subject)}</span> <span>${agent.name} ${agent.version}</span> ${instant(new Date(at).toISOString(), 'ago')}</p>
<div class="agent-words"><p class="says">${agent.name} says</p><ul>${statements.map(({ text, src }) => html`<li>${inert(text)}${citations(src)}</li>`)}</ul></div>
<p class="faint">Run <code>${runId}</code></p>
</article>`;
}
