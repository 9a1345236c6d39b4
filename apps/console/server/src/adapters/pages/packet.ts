// SPDX-License-Identifier: Apache-2.0
import type { EvidencePacket } from '@nervus/contracts';
import { inertLine } from '../../domain/inert-text.js';
import { type ParameterRow, parameterRows, sourceEvents } from '../../domain/parameter-rows.js';
import { type Html, html } from './html.js';
import { badge, citations, inert, shortPointer } from './text.js';

/** The evidence packet, drawn from its JSON alone: what a reviewer judges. */
export function packetSections(packet: EvidencePacket): Html {
  const { action, flags, risk, policies, reasons, against, sources, reversible, owner, confidence } = packet;
  return html`${flags.length > 0 && html`<section class="note danger" aria-labelledby="warnings"><h2 id="warnings">Warnings</h2><ul>${flags.map((flag) => html`<li>${flagWords(flag)}</li>`)}</ul></section>`}
<section aria-labelledby="action"><h2 id="action">The exact action</h2>
<dl class="facts wide">
<div><dt>Target</dt><dd class="target">${inert(action.target)}</dd></div>
<div><dt>Effect</dt><dd>${action.effect}, ${reversible ? 'can be taken back' : 'cannot be taken back'}</dd></div>
<div><dt>Agent</dt><dd>${action.agent.name} ${action.agent.version}, owned by ${inertLine(owner)}</dd></div>
${action.onBehalfOf !== undefined && html`<div><dt>For</dt><dd>${inertLine(action.onBehalfOf)}</dd></div>`}
</dl>
<table class="list parameters">
<caption>Parameters, and where each comes from. ${badge('control', 'control')} ones decide where it goes or what kind it is.</caption>
<thead><tr><th scope="col">Parameter</th><th scope="col">Value</th><th scope="col">Trust</th><th scope="col">Class</th><th scope="col">From</th></tr></thead>
<tbody>${parameterRows(packet).map((row) => parameter(row, sources))}</tbody>
</table></section>
<section aria-labelledby="risk"><h2 id="risk">Why people are asked</h2>
<table class="list"><caption>Risk ${risk.score}, which makes tier ${packet.tier}</caption><thead><tr><th scope="col">Row</th><th scope="col" class="number">Points</th><th scope="col">Because</th></tr></thead>
<tbody>${risk.rows.map(({ row, score, because }) => html`<tr><th scope="row">${inertLine(row)}</th><td class="number">${score}</td><td><bdi>${inertLine(because)}</bdi></td></tr>`)}</tbody></table>
<p>Decided by ${policies.length === 0 ? 'no policy' : policies.map((policy, index) => html`${index > 0 && ', '}<code>${inertLine(policy)}</code>`)} of policy set ${packet.policySet.v}.</p></section>
<section aria-labelledby="words"><h2 id="words">In the agent's words</h2>
<p class="faint">Written by ${action.agent.name}, which wants a yes. It says it is ${Math.round(confidence * 100)} % sure.</p>
${agentWords('in favour', reasons, packet)}${agentWords('against', against, packet)}</section>
<section aria-labelledby="sources"><h2 id="sources">Sources, as they were read</h2>
${sources.length === 0 ? html`<p class="empty">The agent names no source.</p>` : html`<ol class="sources">${sources.map(({ eventId, title, excerpt, link }) => html`<li id="source-${eventId}"><p><strong>${inert(title)}</strong> <code>${eventId.slice(0, 8)}…</code></p><blockquote>${inert(excerpt)}</blockquote>${link !== undefined && html`<p class="faint">said to be at <bdi class="address">${inertLine(link)}</bdi></p>`}</li>`)}</ol>`}</section>`;
}

function parameter({ pointer, value, label, control, nested }: ParameterRow, sources: EvidencePacket['sources']): Html {
  const known = new Map(sources.map(({ eventId, title }) => [eventId, title]));
  const from = label === undefined ? [] : sourceEvents(label.src);
  const tainted = control && (label === undefined || label.trust === 'untrusted');
  return html`<tr class="${nested ? 'nested' : ''}${tainted ? ' tainted' : ''}">
<th scope="row"><code>${inertLine(pointer.slice(1))}</code>${control && html` ${badge('control', 'control')}`}${tainted && html` ${badge('danger', '! from text that was read')}`}</th>
<td class="value">${inert(value)}</td>
<td>${label === undefined ? badge('trust trust-untrusted', 'none named') : badge(`trust trust-${label.trust}`, label.trust)}</td>
<td>${label === undefined ? html`<span class="faint">unknown</span>` : badge(`class class-${label.class}`, label.class)}</td>
<td>${from.length === 0 ? html`<span class="faint">${label === undefined ? 'nowhere named' : 'the manifest'}</span>` : from.map((event) => (known.has(event) ? html`<a href="#source-${event}">${inertLine(known.get(event) ?? '').slice(0, 60)}</a> ` : html`<cite>${shortPointer(event)}</cite> `))}</td>
</tr>`;
}

function agentWords(side: 'in favour' | 'against', cited: EvidencePacket['reasons'], { action, sources }: EvidencePacket): Html {
  if (cited.length === 0) return html`<p class="empty">It says nothing ${side}.</p>`;
  const shown = new Set(sources.map(({ eventId }) => eventId));
  return html`<div class="agent-words"><p class="says">${action.agent.name} says ${side}</p><ul>${cited.map(({ text, src }) => html`<li>${inert(text)}${citations(src, shown)}</li>`)}</ul></div>`;
}

const warnings: Readonly<Record<string, string>> = {
  'tainted-control': 'Text that the agent merely read decides where this goes or what kind it is',
  'invisible-characters': 'Invisible characters',
  'bidirectional-controls': 'Characters that reorder what you read',
  'mixed-scripts': 'Letters of several scripts in one word',
  'instruction-like': 'Text that speaks to you or to a model instead of reporting',
  'more-flags': 'More warnings than are listed',
};

/** `<what>:<where>` in words. */
function flagWords(flag: string): Html {
  const at = flag.indexOf(':');
  const what = at < 0 ? flag : flag.slice(0, at);
  return html`<strong>${warnings[what] ?? inertLine(what)}</strong>${at >= 0 && html` in <code>${inertLine(flag.slice(at + 1))}</code>`}`;
}
