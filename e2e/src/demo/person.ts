// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from '../folders.js';

/** What `nervus` printed with `--json`, and what it ended with. */
interface Printed {
  readonly status: number;
  readonly json: unknown;
}

/** What the list of requests says of one. */
export interface OpenRequest {
  readonly requestId: string;
  readonly approvals: number;
  readonly quorum: number;
}

export type Word = 'approve' | 'reject';

/** A person at the command line: every look and every verdict is a call of `nervus` with the token of their seat. */
export class Person {
  constructor(
    readonly name: string,
    private readonly dataDir: string,
  ) {}

  /** Requests that are open, all pages. @throws Error when the console does not say */
  async openRequests(): Promise<OpenRequest[]> {
    const found: OpenRequest[] = [];
    let cursor: string | undefined;
    do {
      const { status, json } = await this.nervus('approvals', 'list', ...(cursor === undefined ? [] : ['--cursor', cursor]));
      if (status !== 0) throw new Error(`nervus approvals list ended with status ${status}: ${JSON.stringify(json)}`);
      const page = json as { readonly items: readonly OpenRequest[]; readonly next: string | null };
      found.push(...page.items);
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    return found;
  }

  /** Says yes or no. @returns the code that the mesh answered */
  async decide(requestId: string, word: Word, reason: string): Promise<string> {
    const { json } = await this.nervus('approvals', word, requestId, '--reason', reason);
    const { code, error } = json as { readonly code?: string; readonly error?: { readonly code: string } };
    return code ?? error?.code ?? 'unknown';
  }

  private nervus(...words: readonly string[]): Promise<Printed> {
    const entry = join(repositoryRoot, 'apps', 'cli', 'dist', 'main.js');
    return new Promise((resolve, reject) => {
      execFile(process.execPath, [entry, ...words, '--as', this.name, '--json'], { env: { PATH: process.env['PATH'] ?? '', NERVUS_DATA: this.dataDir }, maxBuffer: 16 * 2 ** 20 }, (error, stdout, stderr) => {
        const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 70;
        try {
          resolve({ status, json: JSON.parse(stdout) });
        } catch {
          reject(new Error(`nervus ${words.join(' ')} ended with status ${status} and printed no JSON: ${stdout}${stderr}`));
        }
      });
    });
  }
}
