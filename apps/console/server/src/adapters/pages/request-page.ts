// SPDX-License-Identifier: Apache-2.0
import type { RequestChanged } from '@nervus/contracts';
import type { ResultChain, WholeRequest } from '../queries.js';
import { inertLine } from '../../domain/inert-text.js';
import { type Html, html } from './html.js';
import { ageLine, type Frame, framedPage } from './layout.js';
import { packetSections } from './packet.js';
import { badge, instant } from './text.js';

/** What a page shows of one request. */
export interface RequestView extends WholeRequest {
  readonly chain: ResultChain;
  /** Hash of the packet as this page drew it; a verdict names it. */
  readonly drawnHash: string;
  /** Whether the visitor's role lets it decide at all; approval judges the rest. */
  readonly mayDecide: boolean;
}

/** One question, everything to judge it by, and below it what became of it. The judged part is drawn from the packet alone. */
export function requestPage(frame: Frame, view: RequestView): string {
  const { request } = view;
  const { action } = request.packet;
  return framedPage(
    `${action.tool}.${action.operation}`,
    'request',
    frame,
    html`<div id="request" data-id="${request.requestId}" data-revision="${request.revision}">
<p class="back"><a href="/">Inbox</a></p>
<h1><span class="faint">${action.agent.name} asks to run</span> ${action.tool}.${action.operation}</h1>
<div id="live" data-part="/parts/requests/${request.requestId}">${requestPart(view, frame)}</div>
${packetSections(request.packet)}
${decision(view)}
<section aria-labelledby="result"><h2 id="result">What became of it</h2><div id="chain">${chainTable(view.chain)}</div></section>
</div>`,
  );
}

/** State and result: drawn again when something changes. The chain below the packet is replaced with it. */
export function requestPart({ request, chain }: Pick<RequestView, 'request' | 'chain'>, { freshness }: Pick<Frame, 'freshness'>): Html {
  const { state, votes, quorum, approvers, expiresAt, revision } = request;
  const approved = votes.filter(({ verdict }) => verdict === 'approve').length;
  return html`<div class="summary" data-revision="${revision}" data-state="${state}">
<p class="standing standing-${chain.standing.state}">${badge(`state state-${chain.standing.state}`, stateWords[chain.standing.state])} <span>${chain.standing.sentence}</span></p>
<dl class="facts">
<div><dt>Tier</dt><dd>${badge(`tier tier-${request.packet.tier}`, `tier ${request.packet.tier}`)}</dd></div>
${state === 'open' && html`<div><dt>Time left</dt><dd>${instant(expiresAt, 'left')}</dd></div>`}
<div><dt>Votes</dt><dd>${approved} of ${quorum} from ${approvers.join(', ')}</dd></div>
<div><dt>Revision</dt><dd>${revision}</dd></div>
</dl>
${votes.length > 0 && html`<ul class="votes">${votes.map(({ person, verdict, at, reason }) => html`<li><strong>${person}</strong> ${verdict === 'approve' ? 'approved' : 'rejected'} ${instant(at, 'ago')}${reason !== '' && html`: <q><bdi>${inertLine(reason)}</bdi></q>`}</li>`)}</ul>`}
${ageLine(freshness)}
</div>`;
}

const stateWords: Readonly<Record<ResultChain['standing']['state'], string>> = {
  asked: '? waiting', permitted: '… approved, not done', started: '… being done', done: '✓ done', failed: '✕ failed', unknown: '? unknown', refused: '✕ refused', expired: '✕ expired', superseded: '↻ replaced',
};

/** Links from question to result. */
export function chainTable({ steps }: ResultChain): Html {
  return html`<table class="list chain"><thead><tr><th scope="col">Step</th><th scope="col">When</th><th scope="col">Result</th><th scope="col">Detail</th></tr></thead>
<tbody>${steps.map(({ step, at, result, code, detail }) => html`<tr><th scope="row">${step}</th><td>${instant(at)}</td><td>${result}${code !== '' && html` <code>${code}</code>`}</td><td><bdi>${inertLine(detail)}</bdi></td></tr>`)}</tbody></table>`;
}

function decision({ request, drawnHash, mayDecide }: RequestView): Html | undefined {
  if (drawnHash !== request.evidenceHash) return html`<section class="note danger" role="alert"><h2>Do not decide</h2><p>This evidence has another hash than its request names: <code>${drawnHash}</code> instead of <code>${request.evidenceHash}</code>.</p></section>`;
  if (request.state !== 'open') return undefined;
  if (!mayDecide) return html`<section class="note"><h2>Decide</h2><p>Your seat may look and not decide.</p></section>`;
  return verdictForm(request, drawnHash);
}

function verdictForm({ requestId, revision, nonce, packet }: RequestChanged, drawnHash: string): Html {
  const needed = packet.tier >= 2;
  return html`<section class="decide" aria-labelledby="decide">
<h2 id="decide">Decide</h2>
<form id="verdict" data-request="${requestId}" data-revision="${revision}" data-nonce="${nonce}" data-digest="${packet.digest}" data-evidence="${drawnHash}">
<label for="reason">Reason <span class="faint">(20 characters or more${needed ? '' : '; optional for a yes at this tier'}; it is recorded with your name)</span></label>
<textarea id="reason" name="reason" rows="3" maxlength="2000"></textarea>
<div class="actions"><button type="button" class="no" data-verdict="reject">Reject</button><button type="button" class="yes" data-verdict="approve">Approve</button></div>
<p id="verdict-state" role="status" aria-live="polite"></p>
</form>
<p class="faint">You decide on exactly this action <code>${packet.digest}</code> and this evidence <code>${drawnHash}</code>.</p>
</section>`;
}
