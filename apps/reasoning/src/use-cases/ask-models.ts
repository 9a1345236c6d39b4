// SPDX-License-Identifier: Apache-2.0
// Invariant: a run is asked about by at most one process at a time, the holder of its newest lease; every write of an
// answer is fenced by the number of that lease, so what a process that was thought dead brings later changes nothing.
import { defaultInputBytes } from '@nervus/agent-manifest';
import { derivedId } from '@nervus/contracts';
import { digestOf, digestOfBytes } from '@nervus/trust';
import { OwnIdentity, ServiceClock, ServiceLogger } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import { AgentsView } from '../adapters/agents-view.js';
import { type AskableModel, Models } from '../adapters/brains/models.js';
import { ReasoningMetrics } from '../adapters/reasoning-metrics.js';
import { StopsView } from '../adapters/stops-view.js';
import { askedRun, concludedByModel, fellBack, holds, outputTokensLeft, overBudget, refusedAnswer, renewed, stoppedNow, takeOver } from '../domain/ask-model.js';
import type { Trigger } from '../domain/brains/brain.js';
import { readAnswer } from '../domain/brains/model/answer.js';
import { type Place, placesOf } from '../domain/brains/model/places.js';
import { type ModelPrompt, promptOf, repairOf } from '../domain/brains/model/prompt.js';
import { thoughtOfModel } from '../domain/brains/model/thought.js';
import type { LoadedAgent } from '../domain/loaded-agent.js';
import { triggerIn } from '../domain/question.js';
import type { Answer, RunChange, RunState } from '../domain/run.js';
import { ChangeRun } from './change-run.js';

/** How runs are leased and how many models are asked at once; from the configuration. */
export class AskingLimits {
  constructor(
    readonly concurrency: number,
    readonly leaseMs: number,
  ) {}
}

/** Asks models about runs, outside of the handlers of records: an answer takes seconds, a partition must not wait. */
@Injectable()
export class AskModels {
  private readonly waiting: RunState[] = [];
  private readonly inHand = new Map<string, Promise<void>>();
  private readonly closing = new AbortController();

  constructor(
    private readonly runs: ChangeRun,
    private readonly agents: AgentsView,
    private readonly stops: StopsView,
    private readonly models: Models,
    private readonly limits: AskingLimits,
    private readonly identity: OwnIdentity,
    private readonly clock: ServiceClock,
    private readonly metrics: ReasoningMetrics,
    private readonly logger: ServiceLogger,
  ) {}

  /** Stores a new run with its question; the model is asked after that. A run that is there already is left alone. */
  async begin(run: RunState, trigger: Trigger, verdict: unknown): Promise<void> {
    const asked = askedRun(run, trigger, verdict, this.identity.epoch, this.clock.now(), this.limits.leaseMs);
    let isNew = false;
    const stored = await this.runs.apply(run.tenant, run.runId, trigger.eventId, (current) => {
      isNew = !current;
      return current ? 'unchanged' : asked;
    });
    if (isNew && stored?.lease?.holder === this.identity.epoch) this.queue(stored);
  }

  /** Takes a run whose lease has ended. */
  resume(run: RunState): void {
    this.queue(run);
  }

  /** Asks no more and gives back what is in hand: its leases end, and another process takes over. */
  async close(): Promise<void> {
    this.closing.abort(new Error('the service is stopping'));
    this.waiting.length = 0;
    await Promise.all(this.inHand.values());
  }

  private queue(run: RunState): void {
    if (this.closing.signal.aborted || this.inHand.has(run.runId) || this.waiting.some((one) => one.runId === run.runId)) return;
    this.waiting.push(run);
    this.next();
  }

  private next(): void {
    while (this.inHand.size < this.limits.concurrency) {
      const run = this.waiting.shift();
      if (!run) return;
      const work = this.work(run)
        .catch((error: unknown) => this.logger.error({ err: error, code: 'run_failed', runId: run.runId }, 'a run could not go on; its lease ends and it is taken up again'))
        .finally(() => {
          this.inHand.delete(run.runId);
          this.next();
        });
      this.inHand.set(run.runId, work);
    }
  }

  private async work(queued: RunState): Promise<void> {
    const run = await this.leased(queued);
    if (!run?.question || !run.lease) return;
    const agent = await this.agents.load(run.tenant, run.agent.name, run.agent.digest, run.recordVersion);
    if (!agent) throw new Error(`the files of agent ${run.tenant}/${run.agent.name} with digest ${run.agent.digest} are not in the database`);
    const lost = new AbortController();
    const stopRenewing = this.renew(run, lost);
    try {
      await this.ask(agent, run, AbortSignal.any([lost.signal, this.closing.signal]));
    } finally {
      stopRenewing();
    }
  }

  /** The run under a lease of this process: the one it was stored with, or a new one. */
  private async leased(run: RunState): Promise<RunState | undefined> {
    const { lease } = run;
    if (lease?.holder === this.identity.epoch && lease.until > this.clock.now()) return run;
    const epoch = (lease?.epoch ?? 0) + 1;
    const state = await this.change(run, `lease:${epoch}`, (current) => takeOver(current, this.identity.epoch, this.clock.now(), this.limits.leaseMs));
    if (state?.lease?.holder !== this.identity.epoch || state.lease.epoch !== epoch) return undefined;
    this.metrics.runsTakenOver.inc();
    return state;
  }

  private async ask(agent: LoadedAgent, leased: RunState, abort: AbortSignal): Promise<void> {
    let run = leased;
    const epoch = run.lease?.epoch ?? 0;
    const trigger = triggerIn(run.question!);
    const places = placesOf(trigger.content, agent.manifest.spec.guardrails?.input?.maxBytes ?? defaultInputBytes);
    const model = this.models.find(agent.model?.name ?? '');
    if (!model) return this.fallBack(agent, run, 'model_unknown', `no model "${agent.model?.name}" is configured`);
    let prompt = promptOf(agent, places);
    for (let attempt = 0; attempt < 2; attempt++) {
      const stopped = stoppedNow(run, this.stops.of(run.tenant), this.clock.now());
      if (stopped) return void (await this.change(run, `stopped:${epoch}`, (current) => (current && holds(current, epoch) ? (stoppedNow(current, this.stops.of(run.tenant), this.clock.now()) ?? 'unchanged') : 'unchanged')));
      const over = overBudget(agent, run, sizeOf(prompt));
      if (over !== undefined) return this.fallBack(agent, run, 'over_budget', over);
      const answer = await this.call(agent, run, model, prompt, abort);
      if (abort.aborted) return;
      if (!answer) return this.fallBack(agent, run, 'model_unavailable', 'the model gave no answer');
      const faults = await this.conclude(agent, run, places, answer);
      if (!faults) return;
      const refused = await this.change(run, `refused:${epoch}:${attempt}`, (current) => refusedAnswer(current, epoch, answer, faults, this.clock.now()));
      this.metrics.refused(agent.reference.name, 'answer_invalid');
      if (!refused || !holds(refused, epoch)) return;
      run = refused;
      prompt = repairOf(prompt, faults);
    }
    await this.fallBack(agent, run, 'answer_invalid', 'the answer and its repair were refused');
  }

  /** Undefined when the run has gone on with the answer; else what is wrong with it. */
  private async conclude(agent: LoadedAgent, run: RunState, places: readonly Place[], answer: Answer): Promise<readonly string[] | undefined> {
    const read = readAnswer(agent, places, answer.text);
    if ('faults' in read) return read.faults;
    const trigger = triggerIn(run.question!);
    const epoch = run.lease?.epoch ?? 0;
    const thought = thoughtOfModel(agent, trigger, places, read.answer);
    await this.change(run, `answer:${epoch}`, (current) => concludedByModel(agent, current, epoch, answer, thought, this.stops.of(run.tenant), this.clock.now()));
    return undefined;
  }

  private async call(agent: LoadedAgent, run: RunState, { brain, maxOutputTokens, timeoutMs }: AskableModel, prompt: ModelPrompt, abort: AbortSignal): Promise<Answer | undefined> {
    const started = this.clock.now();
    const tooLate = new AbortController();
    const limitMs = Math.min(timeoutMs, agent.budgets.wall);
    const cancel = this.clock.after(limitMs, () => tooLate.abort(new Error(`no answer within ${limitMs} ms`)));
    try {
      const words = await brain.ask(prompt, outputTokensLeft(agent, run, sizeOf(prompt), maxOutputTokens), AbortSignal.any([abort, tooLate.signal]));
      this.metrics.modelTokens.inc({ model: brain.id, direction: 'input' }, words.inputTokens);
      this.metrics.modelTokens.inc({ model: brain.id, direction: 'output' }, words.outputTokens);
      return { ...words, sha256: digestOf([brain.id, digestOfBytes(prompt.system), digestOfBytes(prompt.prompt), digestOfBytes(words.text)]), model: brain.id };
    } catch (error) {
      if (!abort.aborted) this.logger.warn({ err: error, code: 'model_unavailable', model: brain.id }, 'a model gave no answer');
      return undefined;
    } finally {
      cancel();
      this.metrics.modelCall.observe({ model: brain.id }, (this.clock.now() - started) / 1000);
    }
  }

  private async fallBack(agent: LoadedAgent, run: RunState, code: string, reason: string): Promise<void> {
    const epoch = run.lease?.epoch ?? 0;
    this.metrics.fallbacks.inc({ agent: agent.reference.name, code });
    await this.change(run, `fallback:${epoch}`, (current) => fellBack(agent, current, epoch, code, reason, this.stops.of(run.tenant), this.clock.now()));
  }

  /** Renews the lease while the model is asked; a lease that was lost ends the call. */
  private renew(run: RunState, lost: AbortController): () => void {
    const epoch = run.lease?.epoch ?? 0;
    let cancel: () => void = () => undefined;
    let count = 0;
    const again = async (): Promise<void> => {
      const state = await this.change(run, `renew:${epoch}:${count++}`, (current) => renewed(current, epoch, this.clock.now() + this.limits.leaseMs)).catch(() => undefined);
      if (state && !holds(state, epoch)) lost.abort(new Error('the lease was lost'));
      else cancel = this.clock.after(this.limits.leaseMs / 3, () => void again());
    };
    cancel = this.clock.after(this.limits.leaseMs / 3, () => void again());
    return () => cancel();
  }

  private change(run: RunState, step: string, decide: (current: RunState | undefined) => RunChange | 'unchanged'): Promise<RunState | undefined> {
    return this.runs.apply(run.tenant, run.runId, derivedId('run-step', run.runId, step), decide, false);
  }
}

const sizeOf = (prompt: ModelPrompt): number => prompt.system.length + prompt.prompt.length + JSON.stringify(prompt.schema).length;
