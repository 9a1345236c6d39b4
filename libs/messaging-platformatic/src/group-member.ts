// SPDX-License-Identifier: Apache-2.0
//
// One member of a consumer group under the protocol of KIP-848: the coordinator deals out partitions, the member says
// with each heartbeat what it holds.
//
// Invariants:
// - One heartbeat at a time, and none while partitions are being let go of or taken: what a heartbeat says we hold is
//   exactly what the consumer works on.
// - A partition that the coordinator wants back is named as held until the consumer has let go of it. So nobody else
//   works on it before.
// - When the coordinator counts us out (fenced), everything is lost at once, before we join again.
import { randomUUID } from 'node:crypto';
import { within, systemClock, type TopicPartition } from '@nervus/messaging';
import { KafkaClientError, type KafkaLog, nameOf } from '@nervus/messaging/adapter';
import { consumerGroupDescribeV0, consumerGroupHeartbeatV1 } from '@platformatic/kafka';
import type { Cluster, TopicInfo } from './cluster.js';
import { causeOf, clientError } from './errors.js';
import { Alarm } from './alarm.js';

/** Epochs with which a member says that it comes, goes for good, or goes and will be back under its instance id. */
const joining = 0;
const leaving = -1;
const leavingForAWhile = -2;

/** Milliseconds between heartbeats: those of the other members learn of a change within it. */
const heartbeatMs = 1_000;
/** Milliseconds between heartbeats of a member that has nothing yet or whose share has just changed, and for how long it asks so often: one change seldom comes alone. */
const eagerMs = 100;
const eagerForMs = 3_000;
/** Milliseconds that the coordinator gives us to let go of partitions. */
const rebalanceTimeoutMs = 20_000;
const leaveTimeoutMs = 1_500;

export interface GroupMemberOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  /** A name that survives a restart of this process: its partitions wait for it until the session timeout. */
  readonly instanceId: string | undefined;
  readonly log: KafkaLog;
}

export interface GroupMemberHandlers {
  /** Resolves when these are let go of. Must be bounded. */
  letGo(partitions: readonly TopicPartition[]): Promise<void>;
  /** Resolves when these are taken up; rejects when that must be tried again. */
  takeUp(partitions: readonly TopicPartition[]): Promise<void>;
  /** All are lost. */
  lost(): void;
  /** The first share is dealt out, or it is clear that for now there is none. */
  settled(): void;
  /** It cannot be a member, and trying again will not help. */
  failed(error: KafkaClientError): void;
}

export class GroupMember {
  #memberId = randomUUID();
  #epoch = joining;
  /** By name. */
  #held = new Map<string, TopicPartition>();
  readonly #alarm = new Alarm();
  #joinedAt: number | undefined;
  /** By the steady clock, in milliseconds. */
  #changedAt = -Infinity;
  readonly #waiting = new Set<() => void>();
  #settled = false;
  /** While it lived: whoever holds its instance id now is no dead predecessor. */
  #wasCountedOut = false;
  #ended = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(
    private readonly cluster: Cluster,
    private readonly options: GroupMemberOptions,
    private readonly handlers: GroupMemberHandlers,
  ) {}

  /** Who we are to the coordinator: what a commit must name. */
  get identity(): { readonly memberId: string; readonly epoch: number } {
    return { memberId: this.#memberId, epoch: this.#epoch };
  }

  /** Begins to join, and keeps the membership alive until {@link leave}. */
  join(): void {
    this.#loop = this.#run();
  }

  /** The next heartbeat goes at once: there is reason to believe that something changed. */
  nudge(): void {
    this.#alarm.ring();
  }

  /** Resolves after a heartbeat that goes out now, whatever came of it. */
  async beaten(): Promise<void> {
    if (this.#ended) return;
    const next = new Promise<void>((resolve) => this.#waiting.add(resolve));
    this.#alarm.ring();
    await next;
  }

  /** Ends the membership. Takes two seconds at most; never rejects. */
  async leave(): Promise<void> {
    this.#ended = true;
    this.#alarm.ring();
    const { groupId, instanceId } = this.options;
    const goodbye = async (): Promise<void> => {
      await this.#loop;
      if (this.#epoch === joining) return;
      await this.#say(instanceId === undefined ? leaving : leavingForAWhile, []);
    };
    await within(goodbye(), leaveTimeoutMs, systemClock, 'leaving the group').catch((error: unknown) => this.options.log('info', 'the group was not told that this member leaves: it waits for the session timeout', { groupId, reason: String(error) }));
  }

  async #run(): Promise<void> {
    while (!this.#ended) {
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      const next = await this.#beat();
      for (const told of waiting) told();
      if (!this.#ended) await this.#alarm.wait(next);
    }
    for (const told of this.#waiting) told();
  }

  /** One heartbeat and what follows from it. Returns the milliseconds to the next. */
  async #beat(): Promise<number> {
    try {
      const answer = await this.#say(this.#epoch, [...this.#held.values()]);
      if (this.#ended) return 0;
      this.#joinedAt ??= Date.now();
      this.#epoch = answer.memberEpoch;
      this.#wasCountedOut = false;
      const changed = answer.assignment !== null && (await this.#reconcile(answer.assignment.topicPartitions));
      if (!this.#settled && (this.#held.size > 0 || Date.now() - this.#joinedAt > eagerForMs)) {
        this.#settled = true;
        this.handlers.settled();
      }
      if (changed) {
        this.#changedAt = performance.now();
        // What was let go of or taken up is told at once: others wait for it.
        return 0;
      }
      const isCalm = this.#settled && performance.now() - this.#changedAt > eagerForMs;
      return isCalm ? Math.min(heartbeatMs, answer.heartbeatIntervalMs) : eagerMs;
    } catch (error) {
      return this.#onFailure(error);
    }
  }

  async #say(epoch: number, held: readonly TopicPartition[]): Promise<consumerGroupHeartbeatV1.ConsumerGroupHeartbeatResponse> {
    const { groupId, topics, instanceId = null } = this.options;
    const known = await this.cluster.topics(topics);
    const partitions = [...Map.groupBy(held, ({ topic }) => topic)].flatMap(([topic, own]) => {
      const info = known.get(topic);
      return info ? [{ topicId: info.id, partitions: own.map(({ partition }) => partition) }] : [];
    });
    // Complete each time: an answer that got lost is repaired by the next.
    return this.cluster.call({ coordinatorOf: groupId }, consumerGroupHeartbeatV1.api, groupId, this.#memberId, epoch, instanceId, null, rebalanceTimeoutMs, [...topics], null, null, partitions);
  }

  /** Makes what we hold what the coordinator wants. Returns whether anything changed. */
  async #reconcile(wanted: readonly { readonly topicId: string; readonly partitions: readonly number[] }[]): Promise<boolean> {
    const known = await this.#topicsOf(wanted.map(({ topicId }) => topicId));
    const target = new Map(wanted.flatMap(({ topicId, partitions }) => named(known, topicId, partitions)).map((each) => [nameOf(each), each]));
    const go = [...this.#held].filter(([name]) => !target.has(name));
    const come = [...target].filter(([name]) => !this.#held.has(name));
    if (go.length > 0) {
      await this.handlers.letGo(go.map(([, partition]) => partition));
      for (const [name] of go) this.#held.delete(name);
    }
    if (come.length > 0 && !this.#ended) {
      await this.handlers.takeUp(come.map(([, partition]) => partition));
      for (const [name, partition] of come) this.#held.set(name, partition);
    }
    return go.length + come.length > 0;
  }

  /** A topic that was deleted and made again has another id. */
  async #topicsOf(ids: readonly string[]): Promise<ReadonlyMap<string, TopicInfo>> {
    const { topics } = this.options;
    const known = await this.cluster.topics(topics);
    const seen = new Set([...known.values()].map(({ id }) => id));
    if (ids.every((id) => seen.has(id))) return known;
    for (const topic of topics) this.cluster.forget(topic);
    return this.cluster.topics(topics);
  }

  async #onFailure(error: unknown): Promise<number> {
    const { groupId } = this.options;
    const cause = causeOf(error);
    if (this.#ended) return 0;
    switch (cause.type) {
      case 'FENCED_MEMBER_EPOCH':
      case 'UNKNOWN_MEMBER_ID':
        this.options.log('warn', 'the group counts this member out; it joins again', { groupId, reason: cause.type });
        this.#lose();
        // Somebody under the same instance id may have counted it out, and is about to take the place.
        return this.options.instanceId === undefined ? 0 : heartbeatMs;
      case 'UNRELEASED_INSTANCE_ID':
        if (this.#wasCountedOut) return this.#onTaken(error);
        await this.#releasePredecessor();
        return eagerMs;
      case 'FENCED_INSTANCE_ID':
        return this.#onTaken(error);
      default:
    }
    if (!cause.transient) this.handlers.failed(clientError(error, `being a member of group ${groupId}`, { groupId }));
    else this.options.log('warn', 'a heartbeat failed; it is tried again', { groupId, reason: cause.message });
    return heartbeatMs / 2;
  }

  #onTaken(error: unknown): number {
    const { groupId, instanceId } = this.options;
    this.handlers.failed(new KafkaClientError('instance_taken', `another process joined group ${groupId} as instance ${instanceId}: give each process an instance id of its own`, false, { groupId }, { cause: error }));
    return heartbeatMs;
  }

  #lose(): void {
    this.#epoch = joining;
    this.#wasCountedOut = true;
    // A new name each time: the old one may still be known, with an epoch that we are not told.
    this.#memberId = randomUUID();
    this.#held.clear();
    this.handlers.lost();
  }

  /**
   * A process that was killed still holds our instance id until its session ends, and would keep its partitions idle.
   * As the instance id says that there is one of us only, it is dead: we leave in its name, for a while, and take its place.
   */
  async #releasePredecessor(): Promise<void> {
    const { groupId, instanceId, topics, log } = this.options;
    const to = { coordinatorOf: groupId };
    try {
      const { groups } = await this.cluster.call(to, consumerGroupDescribeV0.api, [groupId], false);
      const predecessor = groups.flatMap(({ members }) => members).find((member) => member.instanceId === instanceId);
      if (!predecessor || instanceId === undefined) return;
      await this.cluster.call(to, consumerGroupHeartbeatV1.api, groupId, predecessor.memberId, leavingForAWhile, instanceId, null, rebalanceTimeoutMs, [...topics], null, null, []);
      log('info', 'took the place of a predecessor with the same instance id', { groupId, instanceId });
    } catch (error) {
      log('warn', 'the place of this instance is not free yet', { groupId, reason: causeOf(error).message });
    }
  }
}

function named(known: ReadonlyMap<string, TopicInfo>, topicId: string, partitions: readonly number[]): TopicPartition[] {
  const topic = [...known.values()].find(({ id }) => id === topicId)?.topic;
  return topic === undefined ? [] : partitions.map((partition) => ({ topic, partition }));
}
