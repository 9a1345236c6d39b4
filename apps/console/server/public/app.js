// SPDX-License-Identifier: Apache-2.0
// The one script of the console's pages: log in by link, times in words, live lists, and giving a verdict. Everything
// else is drawn by the server; without this script the pages can be read, and nobody can decide.

const page = document.body.dataset.page ?? '';
const csrf = document.querySelector('meta[name="csrf-token"]')?.getAttribute('content') ?? '';
// Parts of pages come from our own server, escaped there; the policy is the one place where text becomes markup.
const parts = globalThis.trustedTypes?.createPolicy('nervus-part', { createHTML: (text) => text }) ?? { createHTML: (text) => text };
const pollMs = 10_000;

/** @param {string} id */
const byId = (id) => document.getElementById(id);

/** @param {string} text */
function announce(text) {
  const announcer = byId('announcer');
  if (announcer) announcer.textContent = text;
}

/**
 * Asks our own API; status 0 when there was no answer.
 * @param {string} method
 * @param {string} path
 * @param {object | undefined} data
 * @param {Record<string, string>} headers
 */
async function ask(method, path, data, headers = {}) {
  try {
    const response = await fetch(path, {
      method, credentials: 'same-origin', headers: { accept: 'application/json', 'x-csrf-token': csrf, ...(data && { 'content-type': 'application/json' }), ...headers }, body: data && JSON.stringify(data),
    });
    return { status: response.status, body: await response.json().catch(() => ({})) };
  } catch {
    return { status: 0, body: {} };
  }
}

// Times ------------------------------------------------------------------------------------------------------------

/** @param {number} ms */
function inWords(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d`;
}

function showTimes() {
  const now = Date.now();
  for (const time of document.querySelectorAll('time[data-show]')) {
    if (!(time instanceof HTMLTimeElement)) continue;
    const at = Date.parse(time.dateTime);
    time.title = new Date(at).toLocaleString();
    if (time.dataset.show === 'left') {
      time.textContent = at > now ? inWords(at - now) : 'expired';
      time.classList.toggle('soon', at - now < 10 * 60_000);
    } else if (time.dataset.show === 'ago') time.textContent = `${inWords(now - at)} ago`;
    else time.textContent = new Date(at).toLocaleString();
  }
}

// Live parts -------------------------------------------------------------------------------------------------------

let refreshing = false;
let again = false;
/** A busy list is drawn this often and no more. */
const gapMs = 500;

/** Draws the live part anew. What has the focus keeps it; a row that went away says so. */
async function refresh() {
  const live = byId('live');
  if (!live?.dataset.part) return;
  if (refreshing) {
    again = true;
    return;
  }
  refreshing = true;
  try {
    const response = await fetch(live.dataset.part, { credentials: 'same-origin', headers: { 'nervus-background': '1' } });
    if (response.status === 401) {
      sessionEnded();
      return;
    }
    if (!response.ok) throw new Error(String(response.status));
    replace(live, await response.text());
    showTimes();
  } catch {
    announce('The console does not answer; trying again.');
  } finally {
    setTimeout(() => {
      refreshing = false;
      if (again) {
        again = false;
        void refresh();
      }
    }, gapMs);
  }
}

/** A reason that is being written is not thrown away: the page stays, and says why it can do nothing any more. */
function sessionEnded() {
  const reason = byId('reason');
  if (!(reason instanceof HTMLTextAreaElement) || reason.value === '') {
    location.assign('/login');
    return;
  }
  setButtons(false);
  tell('Your session has ended: log in again, then load this page again.', 'bad');
}

/** @param {HTMLElement} live @param {string} markup */
function replace(live, markup) {
  const focused = document.activeElement instanceof HTMLElement && live.contains(document.activeElement) ? document.activeElement.closest('[data-id]') : null;
  const focusedId = focused instanceof HTMLElement ? focused.dataset.id : undefined;
  const before = new Set([...live.querySelectorAll('tr[data-id]')].map((row) => row.getAttribute('data-id')));
  live.innerHTML = parts.createHTML(markup);
  for (const template of live.querySelectorAll('template[data-for]')) {
    const target = byId(template.getAttribute('data-for') ?? '');
    if (target && template instanceof HTMLTemplateElement) target.replaceChildren(template.content);
    template.remove();
  }
  const rows = [...live.querySelectorAll('tr[data-id]')];
  const added = rows.filter((row) => !before.has(row.getAttribute('data-id'))).length;
  if (page === 'inbox' && added > 0) announce(added === 1 ? 'One more request in the list.' : `${added} more requests in the list.`);
  if (focusedId !== undefined) {
    const row = rows.find((one) => one.getAttribute('data-id') === focusedId);
    const link = row?.querySelector('a');
    if (link) link.focus({ preventScroll: true });
    else announce('The request that you were at is no longer in this list.');
  }
  checkRevision(live);
}

/**
 * A verdict is about the revision that was drawn: when there is a newer one, or the request has ended, none is given.
 * @param {HTMLElement} live
 */
function checkRevision(live) {
  const form = byId('verdict');
  const summary = live.querySelector('.summary');
  if (!form || !(summary instanceof HTMLElement)) return;
  if (summary.dataset.state !== 'open') {
    setButtons(false);
    if (!decided) tell('This request has ended.', '');
  } else if (summary.dataset.revision !== form.dataset.revision) {
    setButtons(false);
    tell('What is asked has changed: load the page again before you decide.', 'bad');
  }
}

function listen() {
  const stream = new EventSource(`/api/stream?after=${encodeURIComponent(document.body.dataset.feed ?? '')}`);
  const own = byId('request')?.dataset.id;
  stream.addEventListener('request', (event) => {
    if (page === 'inbox' || JSON.parse(event.data).requestId === own) void refresh();
  });
  stream.addEventListener('action', (event) => {
    if (JSON.parse(event.data).requestId === own) void refresh();
  });
  // Stops stand above every page: draw all of it again, unless a reason is being written.
  stream.addEventListener('stop', () => {
    const reason = byId('reason');
    if (reason instanceof HTMLTextAreaElement && reason.value !== '') announce('A stop was thrown or lifted: load the page again to see it.');
    else location.reload();
  });
  stream.addEventListener('reset', () => void refresh());
}

// Verdicts ---------------------------------------------------------------------------------------------------------

let decided = false;
// One key for one verdict, however often the button is pressed; a new one only after a final answer.
let key = crypto.randomUUID();

/** @param {boolean} enabled */
function setButtons(enabled) {
  for (const button of document.querySelectorAll('button[data-verdict]')) if (button instanceof HTMLButtonElement) button.disabled = !enabled;
}

/** @param {string} text @param {'good' | 'bad' | ''} kind */
function tell(text, kind) {
  const state = byId('verdict-state');
  if (!state) return;
  state.textContent = text;
  state.className = kind;
}

/** @param {HTMLElement} form @param {string} verdict */
async function decide(form, verdict) {
  const reason = byId('reason');
  const { request, revision, nonce, digest, evidence } = form.dataset;
  setButtons(false);
  tell('Sending ...', '');
  const data = { verdict, nonce, digest, evidenceHash: evidence, reason: reason instanceof HTMLTextAreaElement ? reason.value : '' };
  const { status, body } = await ask('POST', `/api/requests/${request}/verdicts`, data, { 'idempotency-key': key, 'if-match': `"${revision}"` });
  const detail = typeof body.detail === 'string' ? body.detail : '';
  if (status === 200) {
    decided = true;
    tell(detail, 'good');
  } else if (status === 202) {
    decided = true;
    tell('Your verdict is recorded and not answered yet. The state above changes when it is.', '');
  } else if (status === 0 || status >= 500) {
    tell('There was no answer. Press again: it counts once.', 'bad');
    setButtons(true);
  } else {
    tell(`${detail} (${body.code ?? status})`, 'bad');
    key = crypto.randomUUID();
    // What can be mended here, may be tried again.
    if (body.code === 'reason_too_short') setButtons(true);
  }
  void refresh();
}

// Login ------------------------------------------------------------------------------------------------------------

/** @param {string} token */
async function logIn(token) {
  const state = byId('login-state');
  const { status, body } = await ask('POST', '/api/session', { token });
  if (status === 200) location.replace('/');
  else if (state) state.textContent = status === 0 ? 'The console does not answer. Try again.' : (body.detail ?? 'That did not work.');
}

function offerLogin() {
  const token = location.hash.slice(1);
  if (!/^[A-Za-z0-9_-]{20,200}$/.test(token)) return;
  // Out of the address bar and the history: it must not be left lying about.
  history.replaceState(null, '', '/login');
  const state = byId('login-state');
  if (state) state.textContent = 'Logging in ...';
  void logIn(token);
}

// ------------------------------------------------------------------------------------------------------------------

document.addEventListener('click', (event) => {
  const button = event.target instanceof Element ? event.target.closest('button') : null;
  if (!button) return;
  const form = byId('verdict');
  if (button.dataset.verdict !== undefined && form) void decide(form, button.dataset.verdict);
  if (button.dataset.action === 'log-out') void ask('DELETE', '/api/session', undefined).then(() => location.assign('/login'));
});

showTimes();
setInterval(showTimes, 1000);
if (page === 'login') offerLogin();
if (page === 'inbox' || page === 'request') {
  listen();
  setInterval(() => void refresh(), pollMs);
}
