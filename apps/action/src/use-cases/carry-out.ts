// SPDX-License-Identifier: Apache-2.0
// The one way of a permitted action to its effect. In this order: a way to the target, an open gate, its turn among the
// actions of its run, intent and receipt, credential, the gate again, `sent` by compare-and-set, the call. What is missing
// holds the action, durably; nothing is ended for being early, and nothing begins twice.
import { Injectable } from '@nestjs/common';
import { GuardedCalls } from '../adapters/guarded-calls.js';
import { Toolbox } from '../adapters/toolbox.js';
import { type ActionState, admit, type Change, giveBack, type Held, hold, type Intent, intentOf, send, settle, unbegun } from '../domain/action-state.js';
import type { Gate, HoldReason } from '../domain/gate.js';
import type { Permitted } from '../domain/permitted.js';
import { ActionDocuments } from './documents.js';
import { Perform } from './perform.js';
import { Prepare } from './prepare.js';

/** An action that is to be carried out: just decided, or held until now. */
export interface Taken {
  readonly permitted: Permitted;
  /** The document as it was held; undefined for a decision that has just come. */
  readonly held?: Held;
  /** What causes the next change. */
  readonly eventId: string;
}

/** `taken` when the document changed; otherwise why it did not. */
export type Carried = 'taken' | 'known' | 'already_consumed';

@Injectable()
export class CarryOut {
  constructor(
    private readonly documents: ActionDocuments,
    private readonly prepare: Prepare,
    private readonly perform: Perform,
    private readonly tools: Toolbox,
    private readonly calls: GuardedCalls,
  ) {}

  /** Carries an action as far as it gets now. */
  async run(taken: Taken): Promise<Carried> {
    const { permitted, held } = taken;
    const executor = this.tools.of(permitted);
    const route = executor.route(permitted);
    if ('kind' in route) return this.close(taken, { gate: 'end', code: route.code, detail: route.detail });
    const gate = held ? this.perform.gate(permitted) : await this.perform.gateSoon(permitted);
    if (gate.gate !== 'open') return this.stopAt(taken, gate);
    if (!this.documents.isNext(permitted, this.perform.turn().now)) return this.hold(taken, 'earlier_action');
    if (!this.calls.isAvailable(executor, taken, route)) return this.hold(taken, 'target_unavailable');
    if (!this.prepare.isNeeded(permitted)) return this.begin(taken, route, {});

    // A permit that was used must not leave an intent or a question behind.
    const current = held ?? (await this.documents.read(permitted))?.state;
    const admitted = this.admits(taken, current);
    if (admitted !== 'new') return admitted;
    // Reading may have taken a while, and an intent must be dated inside the life of its permit.
    const still = this.perform.gate(permitted);
    if (still.gate !== 'open') return this.stopAt(taken, still);
    const prepared = await this.prepare.run(permitted, route, intentOf(current, permitted));
    if (prepared.state === 'hold') return this.hold(taken, prepared.reason, prepared.intent);
    if (prepared.state === 'closed') return this.close(taken, prepared.gate, prepared.intent);
    const again = this.perform.gate(permitted);
    return again.gate === 'open' ? this.begin(taken, route, prepared) : this.stopAt(taken, again, prepared.intent);
  }

  private async begin(taken: Taken, route: Parameters<Perform['run']>[0]['route'], prepared: { readonly intent?: Intent; readonly credential?: Parameters<Perform['run']>[0]['credential'] }): Promise<Carried> {
    const { permitted, eventId } = taken;
    const turn = this.perform.turn();
    let sent: ActionState | undefined;
    const carried = await this.change(taken, (current) => {
      const change = send(current, permitted, turn, this.perform.leaseMs(permitted), prepared.intent);
      sent = change.state;
      return change;
    });
    if (carried === 'taken' && sent?.state === 'sent') await this.perform.run({ permitted, sent, route, inDoubt: false, eventId, ...(prepared.credential && { credential: prepared.credential }) });
    return carried;
  }

  private stopAt(taken: Taken, gate: Exclude<Gate, { gate: 'open' }>, intent?: Intent): Promise<Carried> {
    return gate.gate === 'hold' ? this.hold(taken, gate.reason, intent) : this.close(taken, gate, intent);
  }

  private hold(taken: Taken, reason: HoldReason, intent?: Intent): Promise<Carried> {
    const turn = this.perform.turn();
    return this.change(taken, (current) => hold(current, taken.permitted, reason, turn, intent));
  }

  private close(taken: Taken, gate: Extract<Gate, { gate: 'return' }> | { readonly gate: 'end'; readonly code: string; readonly detail: string }, intent?: Intent): Promise<Carried> {
    const { permitted } = taken;
    const { now } = this.perform.turn();
    return this.change(taken, (current) => {
      const known = intent ?? intentOf(current, permitted);
      return gate.gate === 'return' ? giveBack(current, permitted, gate.code, now, known) : settle(current, permitted, unbegun(gate.code, gate.detail, now, known), now);
    });
  }

  private async change(taken: Taken, decide: (current: ActionState | undefined) => Change): Promise<Carried> {
    let admitted: Carried | 'new' = 'known';
    const applied = await this.documents.change(taken.permitted, taken.eventId, (current) => {
      admitted = this.admits(taken, current);
      return admitted === 'new' ? decide(current) : 'unchanged';
    }, { expectNew: !taken.held });
    if (applied.outcome === 'applied') return 'taken';
    return applied.outcome === 'unchanged' && (admitted as Carried | 'new') === 'already_consumed' ? 'already_consumed' : 'known';
  }

  /** A decision is admitted by its permit; what was held, only as long as it is the same. */
  private admits({ held, permitted }: Taken, current: ActionState | undefined): 'new' | 'known' | 'already_consumed' {
    if (!held) return admit(current, permitted.jti);
    return current?.state === 'held' && current.jti === held.jti && current.againAt === held.againAt && current.tries === held.tries ? 'new' : 'known';
  }
}
