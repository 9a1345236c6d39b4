// SPDX-License-Identifier: Apache-2.0
// Invariant: a server is up, or down, or on the way to one of them for exactly one caller; an end that nobody asked for
// is reported once. `up` resolves only when the server answers, and leaves it down when it throws.
import { InfrastructureError, messageOf } from './errors.js';
import type { LocalServer } from './local-server.js';
import { explainEnding, explainSlowness } from './log-diagnosis.js';
import { NotReady } from './readiness.js';
import { throwIfAborted } from './run-command.js';

export interface Supervision<Answer> {
  /** Resolves when the server answers, and rejects with NotReady once the signal is aborted. */
  readonly ready: (signal: AbortSignal) => Promise<Answer>;
  readonly readyTimeoutMs: number;
  readonly stopGraceMs: number;
  readonly onUnexpectedEnd: (error: InfrastructureError) => void;
}

/** A server with its check: started until it answers, watched while it runs. */
export class SupervisedServer<Answer> {
  private state: 'down' | 'starting' | 'up' | 'stopping' = 'down';

  constructor(
    readonly server: LocalServer,
    private readonly supervision: Supervision<Answer>,
  ) {}

  get runs(): boolean {
    return this.state === 'up';
  }

  async up(signal?: AbortSignal): Promise<Answer> {
    if (this.state !== 'down') throw new InfrastructureError('start_failed', `The ${this.server.name} is ${this.state}: take it down before bringing it up`);
    this.state = 'starting';
    const over = new AbortController();
    const limits = AbortSignal.any([over.signal, AbortSignal.timeout(this.supervision.readyTimeoutMs), ...(signal ? [signal] : [])]);
    try {
      await this.server.launch(limits);
      const ended = this.server.gone().then(async (how) => {
        throw explainEnding({ server: this.server.name, how, log: await this.server.log(), logPlace: this.server.logPlace }, true);
      });
      const answer = await Promise.race([this.supervision.ready(limits), ended]);
      this.state = 'up';
      void this.watch();
      return answer;
    } catch (error) {
      await this.server.end('SIGTERM', this.supervision.stopGraceMs);
      this.state = 'down';
      throwIfAborted(signal);
      throw limits.aborted ? await this.tooSlow(error) : error;
    } finally {
      over.abort();
    }
  }

  async down(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.state === 'down') return;
    this.state = 'stopping';
    await this.server.end(signal, this.supervision.stopGraceMs);
    this.state = 'down';
  }

  private async tooSlow(error: unknown): Promise<unknown> {
    if (!(error instanceof NotReady) && !(error instanceof InfrastructureError && error.code === 'aborted')) return error;
    return explainSlowness(this.server.name, await this.server.log(), this.server.logPlace, this.supervision.readyTimeoutMs, messageOf(error));
  }

  private async watch(): Promise<void> {
    const how = await this.server.gone();
    if (this.state !== 'up') return;
    this.state = 'down';
    this.supervision.onUnexpectedEnd(explainEnding({ server: this.server.name, how, log: await this.server.log(), logPlace: this.server.logPlace }, false));
  }
}
