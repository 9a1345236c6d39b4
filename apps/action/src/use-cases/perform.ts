// SPDX-License-Identifier: Apache-2.0
import { derivedId } from '@nervus/contracts';
import { pause } from '@nervus/messaging';
import { ServiceClock, ServiceLogger } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import { ActionMetrics } from '../adapters/action-metrics.js';
import { Credentials } from '../adapters/credentials.js';
import { type Called, GuardedCalls } from '../adapters/guarded-calls.js';
import { MeshView } from '../adapters/mesh-view.js';
import { Toolbox } from '../adapters/toolbox.js';
import type { Sent, Turn } from '../domain/action-state.js';
import { conclude } from '../domain/conclusion.js';
import { type Gate, judgeGate } from '../domain/gate.js';
import type { Permitted } from '../domain/permitted.js';
import type { BoundToken, Route } from '../domain/tool.js';
import { ActionDocuments } from './documents.js';
import { ActionSettings, graceMs } from './settings.js';

/** One call that was written down as begun. */
export interface Begun {
  readonly permitted: Permitted;
  readonly sent: Sent;
  readonly route: Route;
  readonly credential?: BoundToken;
  /** An earlier call of this action may have been done. */
  readonly inDoubt: boolean;
  /** What led to this call; what came of it is written under an id that derives from it. */
  readonly eventId: string;
}

/** Pulses come every two seconds. */
const soonMs = 2_500;
/** Milliseconds for which whoever begins a call waits for it: as long as nearly every call takes. */
const momentMs = 250;

/** Sends what was begun and writes down what came of it. */
@Injectable()
export class Perform {
  private readonly underWay = new Set<Promise<void>>();

  constructor(
    private readonly documents: ActionDocuments,
    private readonly tools: Toolbox,
    private readonly calls: GuardedCalls,
    private readonly mesh: MeshView,
    private readonly credentials: Credentials,
    private readonly settings: ActionSettings,
    private readonly metrics: ActionMetrics,
    private readonly clock: ServiceClock,
    private readonly logger: ServiceLogger,
  ) {}

  /** Longest time for a call of this operation, in milliseconds; nobody else looks at the action for so long and a little more. */
  callMs({ entry }: Permitted): number {
    return Math.min(this.settings.callMs, 2 * entry.operation.timeoutMs + 1_000);
  }

  leaseMs(permitted: Permitted): number {
    return this.callMs(permitted) + graceMs;
  }

  gate(permitted: Permitted): Gate {
    return judgeGate(permitted, this.mesh.now(), this.clock.now(), this.settings);
  }

  /**
   * The gate, after a short wait for what is only a moment away: a decision may come before the stop or policy set that
   * it names, and a process that has just started before its first pulse. Waiting saves putting it aside.
   */
  async gateSoon(permitted: Permitted): Promise<Gate> {
    const until = this.clock.now() + soonMs;
    for (;;) {
      const gate = this.gate(permitted);
      const leftMs = until - this.clock.now();
      const mayCome = gate.gate === 'hold' && (gate.reason === 'policy_ahead' || gate.reason === 'stops_ahead' || (gate.reason === 'view_stale' && this.mesh.now().pulseAgeMs === undefined));
      if (!mayCome || leftMs <= 0) return gate;
      await this.mesh.changed(leftMs);
    }
  }

  turn(): Turn {
    return { now: this.clock.now(), owner: this.settings.owner, jitter: this.settings.random() };
  }

  /**
   * Sends what was begun and writes down what came of it. Resolves when that is done, or after a moment: the call goes on
   * then, and what shares a lane or a sweep with it does not wait for its target; later actions of its run do. Never rejects.
   */
  async run(begun: Begun): Promise<void> {
    const over = new AbortController();
    const call = this.call(begun)
      .catch((error: unknown) => this.logger.error({ err: error, code: 'outcome_not_stored', actionId: begun.permitted.action.actionId }, 'what came of an action could not be stored: it will be found out'))
      .finally(() => {
        this.underWay.delete(call);
        over.abort();
      });
    this.underWay.add(call);
    await pause(momentMs, this.clock, over.signal);
  }

  /** Resolves when no call is under way any more; bounded, as each of them is. */
  async idle(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay);
  }

  private async call(begun: Begun): Promise<void> {
    const { permitted, sent, route, credential } = begun;
    const { tool, operation } = permitted.entry;
    const began = this.clock.now();
    const called = await this.calls.execute(this.tools.of(permitted), {
      permitted, route, attempt: sent.attempts, startedAt: sent.startedAt,
      deadline: Math.min(began + this.callMs(permitted), permitted.claims.exp * 1000),
      // Stops are read again just before each attempt.
      mayStart: () => this.gate(permitted).gate === 'open',
      ...(credential && { credential }),
    });
    this.metrics.called(`${tool.id}.${operation.name}`, (this.clock.now() - began) / 1000);
    await this.writeDown(begun, called);
  }

  /** What came of a call is written even if the database is away for a while; if it stays away, the action is looked at again. */
  private async writeDown(begun: Begun, called: Called): Promise<void> {
    for (let waitMs = 100; ; waitMs *= 2) {
      try {
        return await this.conclude(begun, called);
      } catch (error) {
        if (this.clock.now() + waitMs > begun.sent.lookAt) throw error;
        this.logger.warn({ err: error, code: 'outcome_not_stored', actionId: begun.permitted.action.actionId }, 'what came of an action could not be stored and is tried again');
        await pause(waitMs, this.clock);
      }
    }
  }

  private async conclude({ permitted, sent, inDoubt, eventId }: Begun, { result, attempts }: Called): Promise<void> {
    const [gate, turn] = [this.gate(permitted), this.turn()];
    const applied = await this.documents.change(permitted, derivedId('concluded', eventId), (current) => {
      if (current?.state !== 'sent' || current.jti !== permitted.jti) return 'unchanged';
      // Whoever took it over knows better, except about what was certainly done.
      const isMine = current.owner === sent.owner && current.attempts === sent.attempts && current.lookAt === sent.lookAt;
      return isMine || result.kind === 'done' ? conclude(current, permitted, { result, attempts, inDoubt, gate }, turn) : 'unchanged';
    });
    if (applied.state?.state === 'settled' || applied.state?.state === 'returned') this.credentials.forget(permitted.jti);
  }
}
