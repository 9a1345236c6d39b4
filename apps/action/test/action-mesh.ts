// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  CredentialAnswered, CredentialRequested, DecisionMade, derivedId, EnrolmentRequested, type ExactAction, IntentReceipted, IntentRecorded, OutcomeRecorded, PermitReturned, PolicySetActivated, PulseBeaten, RevocationIssued, rootId,
  StopChanged, type StopScope, type Tier,
} from '@nervus/contracts';
import { eventOf, type OutgoingEvent, parseDeathReason, systemClock } from '@nervus/messaging';
import type { RunningService } from '@nervus/service-kit';
import { type Seen, ServiceWorld } from '@nervus/testing';
import { digestOfAction, encryptJwe, hashOfActiveStops, idempotencyKeyOf, issueAccessToken, issuePermit, leafOf, maxPermitSeconds, type Permit, WorkloadKey } from '@nervus/trust';
import { actionService } from '../src/action.service.js';
import type { ActionConfig } from '../src/config.js';
import { hash } from './sample-world.js';
import { Sink } from './sink.js';

export type Running = RunningService<typeof ActionConfig.properties>;

/** A decision that was published, and what is needed to find what came of it. */
export interface Decided {
  readonly action: ExactAction;
  readonly permit: Permit;
  readonly key: string;
  readonly event: OutgoingEvent;
}

/**
 * A mesh whose action service is real. The test is approval (decisions, stops, policy sets, pulses), audit (receipts of
 * intents) and identity (credentials); each of them can be away.
 */
export class ActionMesh {
  readonly approval = WorkloadKey.generate();
  private readonly issuer = WorkloadKey.generate();
  readonly managementPorts: number[] = [];
  /** Set to false for a service that is away; what it missed it answers when it is back. */
  readonly present = { audit: true, identity: true, pulses: true };
  policy = { version: 1, hash };
  private readonly stops = new Map<string, StopChanged>();
  private epoch = 0;
  private readonly answered = new Set<string>();
  private playing = true;
  private readonly played: Promise<void>;

  private constructor(
    readonly world: ServiceWorld,
    readonly sink: Sink,
  ) {
    this.played = this.play();
  }

  static async open(): Promise<ActionMesh> {
    const world = await ServiceWorld.open('action');
    const sink = await Sink.open();
    writeFileSync(join(world.folder, 'destinations.yaml'), `
webhooks:
  risk-desk: { url: '${sink.origin}/hooks/risk', allowPrivate: true }
hosts:
  - { origin: '${sink.origin}', methods: [GET, POST], allowPrivate: true, idempotency: native }
  - { origin: '${sink.origin.replace('127.0.0.1', 'localhost')}', methods: [POST], allowPrivate: true }
`);
    const mesh = new ActionMesh(world, sink);
    await world.trust.know('approval', mesh.approval);
    await mesh.activate(1);
    await mesh.pulse();
    return mesh;
  }

  get environment(): Readonly<Record<string, string>> {
    return { NERVUS_ALERT_ROOT: join(this.world.folder, 'alerts'), NERVUS_ACTION_DESTINATIONS: join(this.world.folder, 'destinations.yaml'), NERVUS_STALE_AFTER_SECONDS: '3', NERVUS_RECEIPT_WAIT_MS: '1000', NERVUS_CREDENTIAL_WAIT_MS: '1000', NERVUS_CALL_SECONDS: '5' };
  }

  async start(environment: Readonly<Record<string, string>> = {}): Promise<Running> {
    const service = await this.world.start(actionService, { ...this.environment, ...environment });
    this.managementPorts.push(service.management.port);
    return service;
  }

  revocation(subject: string): OutgoingEvent {
    return eventOf(RevocationIssued, { key: subject, id: rootId(Date.now()), data: { subject, at: new Date(Date.now() - 1000).toISOString(), reason: 'stolen', expiresAt: new Date(Date.now() + 3_600_000).toISOString(), version: 1 } }, systemClock);
  }

  async close(): Promise<void> {
    this.playing = false;
    await this.played;
    await this.world.close();
    await this.sink.close();
  }

  /** A decision as approval would make it; nothing is published. */
  decision(action: ExactAction, tier: Tier, change: { readonly permit?: Partial<Permit>; readonly by?: WorkloadKey; readonly data?: Partial<DecisionMade> } = {}): Decided {
    const nbf = Math.floor(Date.now() / 1000) - 1;
    const permit: Permit = {
      iss: this.world.trust.spiffeIdOf('approval'), aud: 'action', jti: rootId(Date.now()), sub: `spiffe://nervus.local/tenant/${action.tenant}/agent/${action.agent.name}`, act: digestOfAction(action), aid: action.actionId, tier,
      pol: { v: this.policy.version, h: this.policy.hash }, stp: this.epoch, nbf, exp: nbf + maxPermitSeconds(tier), use: 1, ...change.permit,
    };
    const compact = issuePermit(permit, change.by ?? this.approval);
    const data: DecisionMade = {
      result: 'permitted', code: permit.req ? 'approved' : 'automatic', action, digest: digestOfAction(action), tier, risk: { score: 0, rows: [] }, policies: [], policySet: permit.pol, registryVersion: 1, ruling: 1, permit: compact, ...change.data,
    };
    const event = eventOf(DecisionMade, { tenant: action.tenant, key: action.runId, id: derivedId('decision', permit.jti), data, extensions: { actiondigest: data.digest, tier: String(tier), permit: data.permit ?? compact } }, systemClock);
    return { action, permit, key: idempotencyKeyOf(data.digest), event };
  }

  async publish(...decided: readonly Decided[]): Promise<void> {
    await this.world.trust.publishAs('approval', decided.map(({ event }) => event));
  }

  async decide(action: ExactAction, tier: Tier, change: Parameters<ActionMesh['decision']>[2] = {}): Promise<Decided> {
    const decided = this.decision(action, tier, change);
    await this.publish(decided);
    return decided;
  }

  outcomesOf({ action }: Decided): Seen<OutcomeRecorded>[] {
    return this.world.of(OutcomeRecorded, (data) => data.actionId === action.actionId);
  }

  async outcomeOf({ action }: Decided): Promise<Seen<OutcomeRecorded>> {
    const [outcome] = await this.world.until(OutcomeRecorded, (data) => data.actionId === action.actionId);
    return outcome!;
  }

  async intentOf({ action }: Decided): Promise<Seen<IntentRecorded>> {
    const [intent] = await this.world.until(IntentRecorded, (data) => data.actionId === action.actionId);
    return intent!;
  }

  async returnOf({ action }: Decided): Promise<Seen<PermitReturned>> {
    const [returned] = await this.world.until(PermitReturned, (data) => data.actionId === action.actionId);
    return returned!;
  }

  /** What became of a decision: the code of its dead letter, or `carried_out`. */
  async fateOf(decided: Decided): Promise<string> {
    const { id } = decided.event;
    const letter = (): Seen | undefined => this.world.seen.find((one) => one.id === id && one.record.topic.endsWith('.dlq.v1'));
    await this.world.when(() => letter() !== undefined || this.outcomesOf(decided).length > 0, `a dead letter or an outcome of ${id}`);
    const dead = letter();
    return dead ? parseDeathReason(dead.record)!.code : 'carried_out';
  }

  /** Keys of the lines of an alert channel, in order. */
  lines(channel: string, tenant = 'default'): string[] {
    const file = join(this.world.folder, 'alerts', tenant, `${channel}.ndjson`);
    if (!existsSync(file)) return [];
    // What stands behind the last newline is still being written; an empty line is none.
    const whole = readFileSync(file, 'utf8').split('\n').slice(0, -1).filter((line) => line !== '');
    return whole.map((line) => (JSON.parse(line) as { key: string }).key);
  }

  async activate(version: number): Promise<void> {
    this.policy = { version, hash };
    await this.world.publish(PolicySetActivated, { key: 'policy-set', id: rootId(Date.now()), data: { version, hash, by: ['test'], at: now() } });
  }

  async stop(scope: StopScope, tenant = 'default'): Promise<StopChanged> {
    const stopId = rootId(Date.now());
    return this.changeStop({ stopId, tenant, scope, epoch: ++this.epoch, active: true, reason: 'drill', by: ['person:olga'], at: now(), version: 1 });
  }

  async lift(stop: StopChanged): Promise<void> {
    await this.changeStop({ ...stop, active: false, epoch: ++this.epoch, version: stop.version + 1 });
  }

  async pulse(): Promise<void> {
    await this.world.publish(PulseBeaten, { key: 'pulse', id: rootId(Date.now()), data: { epoch: this.epoch, stopsHash: hashOfActiveStops(this.stops.values()), policyVersion: this.policy.version, at: now() } });
  }

  private async changeStop(stop: StopChanged): Promise<StopChanged> {
    this.stops.set(stop.stopId, stop);
    const scope = stop.scope.kind === 'all' ? 'all' : `${stop.scope.kind}=${stop.scope.name}`;
    await this.world.publish(StopChanged, { tenant: stop.tenant, key: stop.stopId, id: rootId(Date.now()), data: stop, extensions: { stop: `${stop.epoch}:${stop.active ? 'active' : 'lifted'}:${scope}` } });
    await this.pulse();
    return stop;
  }

  /** Beats, receipts and mints, as the services would that the test stands in for. */
  private async play(): Promise<void> {
    for (let n = 0; this.playing; n++) {
      if (this.present.pulses && n % 25 === 0) await this.pulse();
      for (const seen of this.world.seen) {
        if (this.answered.has(placeOf(seen))) continue;
        const reply = this.replyTo(seen);
        if (!reply) continue;
        this.answered.add(placeOf(seen));
        await reply();
      }
      await pause(20);
    }
  }

  private replyTo(seen: Seen): (() => Promise<unknown>) | undefined {
    if (seen.type === IntentRecorded.type && this.present.audit) {
      const { actionId, runId } = seen.data as IntentRecorded;
      return () => this.world.publish(IntentReceipted, { key: seen.key, id: rootId(Date.now()), data: { actionId, runId, index: this.answered.size, leaf: leafOf(seen.record) } });
    }
    if (seen.type === CredentialRequested.type && this.present.identity) return () => this.mint(seen as Seen<CredentialRequested>);
    // A process of its own enrols; an identity that trusts everyone is enough here.
    if (seen.type === EnrolmentRequested.type) {
      const { kid, jwk } = seen.data as EnrolmentRequested;
      return () => this.world.trust.know('action', { kid, publicJwk: jwk });
    }
    return undefined;
  }

  private async mint({ data, record }: Seen<CredentialRequested>): Promise<void> {
    const kid = kidOf(String(record.headers['nervus-signature']));
    const iat = Math.floor(Date.now() / 1000);
    const [access] = data.access_token.access;
    const answer = (more: Partial<CredentialAnswered>): Promise<unknown> =>
      this.world.publish(CredentialAnswered, { tenant: data.nervus_action.tenant, key: data.runId, id: rootId(Date.now()), data: { requestId: data.requestId, runId: data.runId, actionId: data.actionId, outcome: 'refused', ...more } });
    if (data.nervus_action.agent.name === 'stranger') return void (await answer({ error: { code: 'tool_not_in_manifest', description: 'The manifest does not list this tool.' } }));
    const token = issueAccessToken(
      {
        iss: 'https://identity.test', sub: `spiffe://nervus.local/tenant/${data.nervus_action.tenant}/agent/${data.nervus_action.agent.name}`, aud: access!.locations[0]!, client_id: data.client, iat, exp: iat + 120, jti: data.requestId,
        cnf: { jkt: kid }, act: { sub: data.client }, authorization_details: data.access_token.access,
      },
      this.issuer,
    );
    await answer({ outcome: 'issued', jwe: await encryptJwe(Buffer.from(token), data.nervus_enc, { apu: 'nervus-identity', apv: kid, header: { cid: data.requestId } }) });
  }
}

const now = (): string => new Date().toISOString();
const placeOf = ({ record: { topic, partition, offset } }: Seen): string => `${topic}/${partition}/${offset}`;

/** The key that signed a record, from the header of its detached JWS. */
const kidOf = (signature: string): string => (JSON.parse(Buffer.from(signature.split('.')[0]!, 'base64url').toString('utf8')) as { kid: string }).kid;
