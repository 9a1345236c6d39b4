// SPDX-License-Identifier: Apache-2.0
import { CredentialAnswered, CredentialRequested, DecisionMade, IntentReceipted, IntentRecorded, OutcomeRecorded, PermitReturned, PolicySetActivated, PulseBeaten, StopChanged } from '@nervus/contracts';
import { eventOf, type OutgoingEvent, type Received } from '@nervus/messaging';
import { FakeClock } from '@nervus/messaging/testing';
import { Metrics, ServiceClock, type ServiceLogger, Sweeps } from '@nervus/service-kit';
import { digestOf, hashOfActiveStops, type Permit, type WorkloadKey } from '@nervus/trust';
import { ActionMetrics } from '../src/adapters/action-metrics.js';
import { Credentials } from '../src/adapters/credentials.js';
import { GuardedCalls } from '../src/adapters/guarded-calls.js';
import { MeshView } from '../src/adapters/mesh-view.js';
import { Receipts } from '../src/adapters/receipts.js';
import { Toolbox } from '../src/adapters/toolbox.js';
import type { CallResult, Found } from '../src/domain/call-result.js';
import type { PermittedCall, Route, ToolExecutor } from '../src/domain/tool.js';
import { CarryOut } from '../src/use-cases/carry-out.js';
import { CarryOutDecision } from '../src/use-cases/carry-out-decision.js';
import { ActionDocuments } from '../src/use-cases/documents.js';
import { Perform } from '../src/use-cases/perform.js';
import { Prepare } from '../src/use-cases/prepare.js';
import { ReconcileSent } from '../src/use-cases/reconcile-sent.js';
import { ResumeHeld } from '../src/use-cases/resume-held.js';
import { ActionSettings } from '../src/use-cases/settings.js';
import { TakeUpDue } from '../src/use-cases/take-up-due.js';
import { HandFedTables } from './fake-tables.js';
import { MemoryActions } from './memory-actions.js';
import { hash, SampleWorld, start, trustDomain } from './sample-world.js';
import type { ExactAction, Tier } from '@nervus/contracts';

/** A target that does what a test tells it, and remembers its calls. */
export class ScriptedTool implements ToolExecutor {
  readonly calls: PermittedCall[] = [];
  results: ((call: PermittedCall) => Promise<CallResult> | CallResult)[] = [];
  found: Found = 'cannot_tell';
  routed: Route = { destination: 'scripted', idempotency: 'native', canAsk: false, audience: 'https://api.example.com' };

  constructor(readonly tool: string) {}

  route(): Route {
    return this.routed;
  }

  check(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async execute(call: PermittedCall): Promise<CallResult> {
    this.calls.push(call);
    return (this.results.shift() ?? (() => ({ kind: 'done', code: 'done', detail: '' })))(call);
  }

  reconcile(): Promise<Found> {
    return Promise.resolve(this.found);
  }
}

const silent: ServiceLogger = { info: () => undefined, warn: () => undefined, error: () => undefined, debug: () => undefined };

/** The use-cases of one process over a store in memory, with time in the test's hand. Several can share world and store. */
export class ActionBench {
  readonly tables = new HandFedTables();
  readonly tool = { alert: new ScriptedTool('alert'), http: new ScriptedTool('http'), webhook: new ScriptedTool('webhook') };
  readonly asked: OutgoingEvent[] = [];
  readonly mesh: MeshView;
  private readonly decisions: CarryOutDecision;
  private readonly due: TakeUpDue;
  private readonly perform: Perform;

  constructor(
    readonly world = new SampleWorld(),
    readonly clock = new FakeClock(start),
    readonly store = new MemoryActions(),
    owner = 'one',
  ) {
    const [time, { directory }] = [new ServiceClock(clock), world];
    const publish = (events: readonly OutgoingEvent[]): Promise<readonly { id: string; sequence: string; leaf: string }[]> => {
      this.asked.push(...events);
      return Promise.resolve(events.map(({ id }) => ({ id, sequence: 'e.0', leaf: digestOf([id, this.asked.length]) })));
    };
    const events = { of: (type: Parameters<typeof eventOf>[0], event: Parameters<typeof eventOf>[1]) => eventOf(type, event, clock), publish } as never;
    const settings = new ActionSettings(trustDomain, owner, 5_000, 3_600_000, 1_000, 1_000, 5_000, () => 0.5);
    const metrics = new ActionMetrics(new Metrics('action'), () => new Map());
    const calls = new GuardedCalls(clock, { retried: () => undefined }, { retries: 0, breakAfter: 1_000 });
    const tools = new Toolbox(Object.values(this.tool));
    this.mesh = new MeshView(this.tables, directory, clock);
    const receipts = new Receipts(this.tables, clock);
    const credentials = new Credentials(this.tables, events, { spiffeId: `spiffe://${trustDomain}/service/action`, key: world.action }, clock);
    const documents = new ActionDocuments({ actions: store }, events, metrics, silent);
    this.perform = new Perform(documents, tools, calls, this.mesh, credentials, settings, metrics, time, silent);
    const carryOut = new CarryOut(documents, new Prepare(events, receipts, credentials, settings, time), this.perform, tools, calls);
    this.decisions = new CarryOutDecision(carryOut, directory, settings, metrics, time, silent);
    const resume = new ResumeHeld(carryOut, documents, directory, settings, time);
    const reconcile = new ReconcileSent(documents, this.perform, tools, credentials, directory, settings, time);
    this.due = new TakeUpDue(documents, resume, reconcile, settings, time, silent, credentials, new Sweeps(time, silent as never));
  }

  /** Everything is as new as the permits of the sample world. */
  async fresh(stops: readonly StopChanged[] = [], epoch = 0): Promise<void> {
    const at = new Date(this.clock.now()).toISOString();
    await this.tables.feed(PolicySetActivated, { version: 3, hash, by: ['installation'], at });
    for (const stop of stops) await this.tables.feed(StopChanged, stop, { key: `${stop.tenant}/${stop.stopId}` });
    await this.tables.feed(PulseBeaten, { epoch, stopsHash: hashOfActiveStops(stops), policyVersion: 3, at }, { appendedAt: this.clock.now() });
  }

  /** A decision as it comes from the broker. */
  decision(action: ExactAction, tier: Tier = 1, change: Partial<Permit> = {}, key: WorkloadKey = this.world.approval): Received<DecisionMade> {
    const { cause, digest, decidedAt, decisionLeaf } = this.world.claimed(action, tier);
    const permit = this.world.permit(action, tier, change, key);
    const data: DecisionMade = { result: 'permitted', code: 'automatic', action, digest, tier, risk: { score: 0, rows: [] }, policies: [], policySet: { v: 3, h: hash }, registryVersion: 1, ruling: 1, permit };
    return {
      ...cause, type: DecisionMade.type, topic: 'nervus.approval.decisions.v1', key: `${action.tenant}/${action.runId}`, time: decidedAt, extensions: { permit, actiondigest: digest, tier: String(tier) }, data, leaf: decisionLeaf, sequence: 'e.1',
      origin: { topic: 't', partition: 0, offset: 0n, appendedAt: start }, producer: { service: 'approval', spiffeId: 's', kid: this.world.approval.kid, proof: 'workload' },
    };
  }

  handle(event: Received<DecisionMade>): Promise<void> {
    return this.decisions.handle(event);
  }

  /** Resolves when no call is under way any more. */
  idle(): Promise<void> {
    return this.perform.idle();
  }

  /** One sweep, to the end of what it took up. */
  async sweep(): Promise<void> {
    await this.due.look();
    await this.due.idle();
  }

  outcomes(): OutcomeRecorded[] {
    return this.store.published.filter(({ type }) => type === OutcomeRecorded.type).map(({ value }) => JSON.parse(value!) as OutcomeRecorded);
  }

  returned(): PermitReturned[] {
    return this.store.published.filter(({ type }) => type === PermitReturned.type).map(({ value }) => JSON.parse(value!) as PermitReturned);
  }

  intents(): OutgoingEvent[] {
    return this.asked.filter(({ type }) => type === IntentRecorded.type);
  }

  /** Audit's receipt of the n-th record that was published directly. */
  receipt(n: number): Promise<void> {
    const { id, value } = this.asked[n]!;
    const { actionId, runId } = JSON.parse(value!) as IntentRecorded;
    return this.tables.feed(IntentReceipted, { actionId, runId, index: n, leaf: digestOf([id, n + 1]) });
  }

  /** Identity's refusal of the newest question. */
  refuse(code: string): Promise<void> {
    const { requestId, runId, actionId } = JSON.parse(this.asked.findLast(({ type }) => type === CredentialRequested.type)!.value!) as CredentialRequested;
    return this.tables.feed(CredentialAnswered, { requestId, runId, actionId, outcome: 'refused', error: { code, description: code } });
  }
}
