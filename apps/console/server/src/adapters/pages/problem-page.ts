// SPDX-License-Identifier: Apache-2.0
import type { Problem } from '../../domain/problem.js';
import { html } from './html.js';
import { plainPage } from './layout.js';

/** What went wrong, for people. */
export function problemPage({ status, code, detail }: Problem): string {
  return plainPage(status === 404 ? 'Not found' : 'That did not work', 'problem', html`<h1>${status === 404 ? 'Not found' : 'That did not work'}</h1><p>${detail}</p><p class="faint">${status} ${code}</p><p><a href="/">To the inbox</a></p>`);
}
