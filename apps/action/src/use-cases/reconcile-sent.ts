// SPDX-License-Identifier: Apache-2.0
import { derivedId } from '@nervus/contracts';
import { ServiceClock } from '@nervus/service-kit';
import { WorkloadDirectory } from '@nervus/trust';
import { Injectable } from '@nestjs/common';
import { Credentials } from '../adapters/credentials.js';
import { Toolbox } from '../adapters/toolbox.js';
import { type ActionState, type Change, doubt, giveBack, outcomeOf, send, type Sent, settle } from '../domain/action-state.js';
import type { Found } from '../domain/call-result.js';
import type { Gate } from '../domain/gate.js';
import { checkPermitted, type Claimed, claimedOf, type Permitted } from '../domain/permitted.js';
import { recover, type Recovery } from '../domain/recovery.js';
import type { BoundToken, Route } from '../domain/tool.js';
import { ActionDocuments } from './documents.js';
import { Perform } from './perform.js';
import { ActionSettings } from './settings.js';

/** Longest time for asking a target, in milliseconds. */
const askMs = 10_000;

/** An action was begun and nobody wrote down what came of it: find out, never guess. */
@Injectable()
export class ReconcileSent {
  constructor(
    private readonly documents: ActionDocuments,
    private readonly perform: Perform,
    private readonly tools: Toolbox,
    private readonly credentials: Credentials,
    private readonly directory: WorkloadDirectory,
    private readonly settings: ActionSettings,
    private readonly clock: ServiceClock,
  ) {}

  /** @param version of the document, so that only one process acts on what it says */
  async run(id: string, version: number, sent: Sent): Promise<void> {
    const claimed = claimedOf(sent.task);
    // Whether it was good when it began; whether it still is, the gate says.
    const check = checkPermitted(claimed, this.directory, this.settings.trustDomain, sent.startedAt);
    const eventId = derivedId('reconciled', id, String(version));
    if (check.verdict === 'good') await this.reconcile(check.permitted, sent, eventId);
    else if (check.verdict === 'refused') await this.write(claimed, sent, eventId, { step: 'settle', result: 'unknown', code: check.code, detail: `${check.detail}. Nobody can say whether it was done: a person must look.` });
  }

  private async reconcile(permitted: Permitted, sent: Sent, eventId: string): Promise<void> {
    const executor = this.tools.of(permitted);
    const route = executor.route(permitted);
    const reachable = 'kind' in route ? undefined : route;
    const found = await this.ask(permitted, sent, reachable);
    const recovery = recover(sent, { found, canAsk: reachable?.canAsk ?? false, idempotency: reachable?.idempotency ?? 'none', gate: this.gate(permitted) }, this.clock.now());
    if (recovery.step === 'send_again' && reachable) await this.sendAgain(permitted, sent, reachable, found, eventId);
    else await this.write(permitted, sent, eventId, recovery);
  }

  private async ask(permitted: Permitted, sent: Sent, route: Route | undefined): Promise<Found> {
    // A read changes nothing, whether it reached its target or not.
    if (permitted.action.effect === 'read') return 'not_done';
    if (!route?.canAsk) return 'cannot_tell';
    const over = new AbortController();
    const cancel = this.clock.after(askMs, () => over.abort());
    try {
      return await this.tools.of(permitted).reconcile({ permitted, attempt: sent.attempts, startedAt: sent.startedAt, signal: over.signal });
    } finally {
      cancel();
    }
  }

  private gate(permitted: Permitted): Gate {
    const now = checkPermitted(permitted, this.directory, this.settings.trustDomain, this.clock.now());
    return now.verdict === 'refused' ? { gate: 'end', code: 'revoked', detail: now.detail } : this.perform.gate(permitted);
  }

  private async sendAgain(permitted: Permitted, sent: Sent, route: Route, found: Found, eventId: string): Promise<void> {
    const credential = await this.credentialFor(permitted, route);
    if (credential === 'missing') return this.write(permitted, sent, eventId, { step: 'wait', report: false, code: 'credential_missing', detail: 'The credential for asking again has not come yet.' });
    const turn = this.perform.turn();
    const applied = await this.change(permitted, sent, eventId, (current) => send(current, permitted, turn, this.perform.leaseMs(permitted)));
    if (applied?.state !== 'sent') return;
    await this.perform.run({ permitted, sent: applied, route, inDoubt: found !== 'not_done', eventId, ...(credential && { credential }) });
  }

  private async credentialFor(permitted: Permitted, route: Route): Promise<BoundToken | 'missing' | undefined> {
    if (permitted.entry.tool.credential !== 'token') return undefined;
    const obtained = await this.credentials.obtain(permitted, route.audience ?? '', this.settings.credentialWaitMs);
    return obtained.state === 'token' ? obtained.token : 'missing';
  }

  private async write(claimed: Claimed, sent: Sent, eventId: string, recovery: Recovery): Promise<void> {
    const named = { ...claimed, jti: sent.jti };
    const turn = this.perform.turn();
    await this.change(claimed, sent, eventId, (current) => {
      switch (recovery.step) {
        case 'settle':
          return settle(current, named, outcomeOf(current, recovery.result, recovery, turn.now), turn.now);
        case 'return':
          return giveBack(current, named, recovery.code, turn.now);
        case 'wait':
        case 'send_again':
          return doubt(current, named, 'code' in recovery ? recovery : { code: 'target_unknown', detail: 'The way to the target is gone from the configuration.' }, turn, 'report' in recovery && recovery.report);
      }
    });
  }

  private async change(claimed: Claimed, seen: Sent, eventId: string, decide: (current: Sent) => Change): Promise<ActionState | undefined> {
    const applied = await this.documents.change(claimed, eventId, (current) => (current?.state === 'sent' && current.jti === seen.jti && current.attempts === seen.attempts && current.lookAt === seen.lookAt ? decide(current) : 'unchanged'));
    return applied.outcome === 'applied' ? applied.state : undefined;
  }
}
