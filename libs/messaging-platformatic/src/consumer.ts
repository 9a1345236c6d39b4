// SPDX-License-Identifier: Apache-2.0
//
// Invariants:
// - A generation of ours ends with every change of what we hold; commits of an older one, or of a partition that is not
//   ours, are dropped. The others go out under the member epoch of the moment, which the broker checks once more.
// - Partitions that stay are not touched by a rebalance: they go on to be fetched, handled and committed.
// - A partition that leaves is fetched no more, then its finished records are committed, then its lease is revoked, and
//   only then the coordinator is told that we have let go of it.
import { type CommitRequest, type Consumer, type ConsumerHandlers, type ConsumerOptions, type InboundRecord, systemClock, type TopicPartition, within } from '@nervus/messaging';
import { KafkaClientError, type KafkaLog, Membership, nameOf, type StartPositions } from '@nervus/messaging/adapter';
import { offsetCommitV9 } from '@platformatic/kafka';
import type { Cluster } from './cluster.js';
import { causeOf, clientError, saysLeaseIsLost } from './errors.js';
import { Fetching } from './fetching.js';
import { GroupMember } from './group-member.js';
import { committedBy, offsetsAt } from './offsets.js';

/** Milliseconds for the commits that are made when partitions leave. */
const lastCommitMs = 3_000;
/** Tries of one commit whose epoch was overtaken by a heartbeat. */
const commitAttempts = 5;

/** What {@link PlatformaticConsumer} stands on; the clusters are closed with it. */
export interface ConsumerParts {
  /** For heartbeats, commits and questions. */
  readonly group: Cluster;
  /** For fetches, which wait long. */
  readonly fetches: Cluster;
  readonly positions: StartPositions;
  readonly instanceId: string | undefined;
  readonly log: KafkaLog;
}

export class PlatformaticConsumer implements Consumer {
  readonly #membership = new Membership();
  readonly #member: GroupMember;
  readonly #fetching: Fetching;
  readonly #commits = new Set<Promise<void>>();
  #handlers: ConsumerHandlers | undefined;
  readonly #joined = Promise.withResolvers<void>();
  /** The process is stopping, or the consumer died: no batch is handed over any more. */
  #ended: Promise<void> | undefined;

  constructor(
    private readonly parts: ConsumerParts,
    private readonly options: ConsumerOptions,
  ) {
    const { groupId, topics, restMs = 0, ephemeral = false } = options;
    const { group, fetches, log } = parts;
    this.#joined.promise.catch(() => {});
    this.#member = new GroupMember(
      group,
      { groupId, topics: topics.map(({ topic }) => topic), instanceId: ephemeral ? undefined : parts.instanceId, log },
      {
        letGo: (partitions) => this.#letGo(partitions),
        takeUp: (partitions) => this.#takeUp(partitions),
        lost: () => this.#onLost(),
        settled: () => this.#onSettled(),
        failed: (error) => this.#die(error),
      },
    );
    this.#fetching = new Fetching(fetches, { groupId, restMs, log }, { hand: (partition, records, highWatermark) => this.#hand(partition, records, highWatermark), failed: (error) => this.#die(error) });
  }

  async run(handlers: ConsumerHandlers): Promise<void> {
    if (this.#handlers) throw new KafkaClientError('already_running', `the consumer of group ${this.options.groupId} runs already: make another one`, false);
    this.#handlers = handlers;
    this.#member.join();
    await this.#joined.promise;
  }

  commit(requests: readonly CommitRequest[]): Promise<void> {
    const commit = this.#commit(requests);
    const settled = commit.catch(() => undefined);
    this.#commits.add(settled);
    void settled.then(() => this.#commits.delete(settled));
    return commit;
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.#fetching.pause(partitions);
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.#fetching.resume(partitions);
  }

  close(): Promise<void> {
    this.#joined.reject(new KafkaClientError('closed', `the consumer of group ${this.options.groupId} was closed before it had joined`, false));
    return this.#end();
  }

  /** Takes a few seconds at most, also without a broker. Never rejects. */
  #end(): Promise<void> {
    this.#ended ??= this.#leave();
    return this.#ended;
  }

  async #leave(): Promise<void> {
    this.#fetching.stop();
    await this.#member.leave();
    await Promise.all([this.parts.group.close(), this.parts.fetches.close()]);
  }

  async #commit(requests: readonly CommitRequest[]): Promise<void> {
    const { groupId } = this.options;
    for (let attempt = 1; ; attempt++) {
      // Looked at anew each time: what left meanwhile must not be committed any more.
      const current = this.#membership.committable(requests);
      if (current.length === 0 || this.#ended) return;
      const { epoch } = this.#member.identity;
      try {
        await this.#send(current, epoch);
        for (const request of current) this.parts.positions.committed(request);
        return;
      } catch (error) {
        const cause = causeOf(error);
        // The records are finished but will be read again, by whoever has the partition now; they are recognised then.
        if (saysLeaseIsLost(cause)) {
          this.#member.nudge();
          return this.parts.log('info', 'a commit came after its lease had ended', { groupId, reason: cause.type });
        }
        if (cause.type !== 'STALE_MEMBER_EPOCH' || attempt === commitAttempts) throw clientError(error, `committing offsets of group ${groupId}`, { groupId });
        // A heartbeat raised the epoch on its way: its answer tells us, and then the same commit is right.
        if (this.#member.identity.epoch === epoch) await this.#member.beaten();
      }
    }
  }

  #send(requests: readonly CommitRequest[], epoch: number): Promise<unknown> {
    const { groupId, ephemeral = false } = this.options;
    const { memberId } = this.#member.identity;
    const topics = [...Map.groupBy(requests, ({ topic }) => topic)].map(([name, own]) => ({
      name,
      partitions: own.map(({ partition, offset }) => ({ partitionIndex: partition, committedOffset: offset, committedLeaderEpoch: -1, committedMetadata: null })),
    }));
    return this.parts.group.call({ coordinatorOf: groupId }, offsetCommitV9.api, groupId, epoch, memberId, ephemeral ? null : (this.parts.instanceId ?? null), topics);
  }

  async #hand(partition: TopicPartition, records: readonly InboundRecord[], highWatermark: bigint): Promise<void> {
    const { topic } = partition;
    try {
      await this.#handlers?.onBatch({ topic, partition: partition.partition, records, generation: this.#membership.generation, highWatermark });
      const last = records.at(-1);
      if (last && this.#membership.assigned.has(nameOf(partition))) this.parts.positions.taken(partition, last.offset + 1n);
    } catch (error) {
      this.#die(new KafkaClientError('intake_failed', `taking records of ${topic} in rejected, which it never may: ${String(error)}`, false, { topic, partition: partition.partition }, { cause: error }));
    }
  }

  async #letGo(partitions: readonly TopicPartition[]): Promise<void> {
    for (const partition of partitions) this.#fetching.end(partition);
    this.#guard(() => this.#handlers?.onRebalance(partitions));
    await within(this.#committed(), lastCommitMs, systemClock, 'the last commit of partitions that leave').catch((error: unknown) => this.parts.log('warn', 'what is finished of partitions that leave may be handled again', { groupId: this.options.groupId, reason: String(error) }));
    if (this.#ended) return;
    const going = new Set(partitions.map(nameOf));
    for (const partition of partitions) this.parts.positions.gone(partition);
    this.#assign([...this.#membership.assigned.values()].filter((partition) => !going.has(nameOf(partition))));
  }

  /** No commit is under way any more, neither one that followed another. */
  async #committed(): Promise<void> {
    for (let turns = 0; turns < 3; turns++) {
      await Promise.all(this.#commits);
      await Promise.resolve();
      if (this.#commits.size > 0) turns = 0;
    }
  }

  async #takeUp(partitions: readonly TopicPartition[]): Promise<void> {
    const begin = await this.#beginnings(partitions);
    if (this.#ended) return;
    this.#assign([...this.#membership.assigned.values(), ...partitions]);
    for (const [partition, offset] of begin) this.#fetching.begin(partition, offset);
  }

  /** The committed offset, else where we stopped or meant to begin, else the beginning or the end of now. */
  async #beginnings(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<TopicPartition, bigint>> {
    const { group, positions } = this.parts;
    const committed = new Map((await committedBy(group, this.options.groupId, partitions)).map((each) => [nameOf(each), each.offset]));
    const known = (partition: TopicPartition): bigint | undefined => committed.get(nameOf(partition)) ?? positions.of(partition);
    const open = partitions.filter((partition) => known(partition) === undefined);
    const [low, high] = await Promise.all((['beginning', 'end'] as const).map((from) => offsetsAt(group, from, open.filter((partition) => this.#from(partition) === from))));
    const asked = new Map([...low!, ...high!].map((each) => [nameOf(each), each.offset]));
    return new Map(partitions.map((partition) => [partition, known(partition) ?? asked.get(nameOf(partition)) ?? 0n]));
  }

  #from({ topic }: TopicPartition): 'beginning' | 'end' {
    return this.options.topics.find((subscribed) => subscribed.topic === topic)?.from ?? 'beginning';
  }

  /** Everything is lost at once: nobody asked us, and nothing can be committed any more. */
  #onLost(): void {
    if (this.#ended || this.#membership.assigned.size === 0) return;
    for (const partition of this.#membership.assigned.values()) this.#fetching.end(partition);
    this.#membership.lose();
    this.#guard(() => this.#handlers?.onRebalance());
    this.#assign([]);
  }

  #onSettled(): void {
    // A process for which there is no partition yet is told that too.
    if (this.#membership.generation === 0) this.#assign([]);
    this.#joined.resolve();
  }

  #assign(partitions: readonly TopicPartition[]): void {
    this.#membership.join(partitions);
    const { generation } = this.#membership;
    this.parts.log('info', 'the partitions of this process changed', { groupId: this.options.groupId, generation, partitions: partitions.length });
    this.#guard(() => this.#handlers?.onAssigned(generation, partitions));
  }

  #die(reason: KafkaClientError): void {
    if (this.#ended) return;
    const joined = this.#membership.generation > 0;
    // Others may have the partitions at once; the process is about to end.
    void this.#end();
    this.#joined.reject(reason);
    if (joined) this.#handlers?.onCrash(reason);
  }

  /** Runs what we tell the engine; a mistake in it must end the process, not disappear in a heartbeat. */
  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#die(new KafkaClientError('handler_failed', `a handler of group ${this.options.groupId} threw: ${String(error)}`, false, {}, { cause: error }));
    }
  }
}
