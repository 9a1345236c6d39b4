// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Es256Signer, signJws } from '@nervus/trust';

export const launcherIssuer = 'nervus-launcher';
const lifeSeconds = 120;
/** How often it looks whether a token is old: a timer of a minute would still wait for it after the machine has slept. */
const lookMs = 1000;

export interface TokenIssuerOptions {
  /** Who the tokens are for. */
  readonly audience: string;
  /** Of the files: `<instance>.<extension>`. */
  readonly extension: string;
  /** Milliseconds between two tokens of one process. @default 60000 */
  readonly everyMs?: number | undefined;
}

/**
 * The token issuer of a developer's machine: gives each process it started a file with a two-minute token that says
 * which service it is, and a new one every minute, as a kubelet does with projected tokens. No process holds anything
 * that would still be of use after it was killed.
 */
export class TokenIssuer {
  private readonly files = new Map<string, { readonly file: string; readonly timer: NodeJS.Timeout }>();

  constructor(
    private readonly signer: Es256Signer,
    private readonly folder: string,
    private readonly options: TokenIssuerOptions,
  ) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** Writes the first token of a process and keeps it fresh. Returns the file's path. */
  issueTo(instance: string, subject: string): string {
    this.forget(instance);
    const { extension, everyMs = 60_000 } = this.options;
    const file = join(this.folder, `${instance}.${extension}`);
    let writtenAt = this.write(file, subject);
    const timer = setInterval(() => {
      if (Date.now() - writtenAt >= everyMs) writtenAt = this.write(file, subject);
    }, Math.min(lookMs, everyMs));
    timer.unref();
    this.files.set(instance, { file, timer });
    return file;
  }

  /** Ends the tokens of a process that is gone. */
  forget(instance: string): void {
    const known = this.files.get(instance);
    if (!known) return;
    clearInterval(known.timer);
    this.files.delete(instance);
    rmSync(known.file, { force: true });
  }

  close(): void {
    for (const instance of this.files.keys()) this.forget(instance);
  }

  /** By rename, so that no process ever reads half a token. Returns the time of writing, in milliseconds since the epoch. */
  private write(file: string, subject: string): number {
    const now = Date.now();
    const iat = Math.floor(now / 1000);
    const claims = { iss: launcherIssuer, sub: subject, aud: this.options.audience, jti: randomUUID(), iat, exp: iat + lifeSeconds };
    const token = signJws(this.signer, { typ: 'nervus-launcher+jwt' }, Buffer.from(JSON.stringify(claims)));
    writeFileSync(`${file}.new`, token, { mode: 0o600 });
    renameSync(`${file}.new`, file);
    return now;
  }
}
