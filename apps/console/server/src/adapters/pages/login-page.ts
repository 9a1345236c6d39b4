// SPDX-License-Identifier: Apache-2.0
import { html } from './html.js';
import { plainPage } from './layout.js';

/** The page that a one-time link opens: its token stands behind the `#`, which no server and no preview is ever sent. */
export const loginPage = (): string =>
  plainPage(
    'Log in',
    'login',
    html`<h1>Log in</h1>
<p id="login-state" role="status" aria-live="polite">Open one of the links that <code>npm start</code> printed. Each is good once and for ten minutes.</p>
<noscript><p class="note danger">Logging in by a link needs JavaScript.</p></noscript>`,
  );
