// SPDX-License-Identifier: Apache-2.0
// What a coordinator does seldom (counting a member out, losing an answer, a predecessor that died) is scripted here;
// the rest is tried with a real one in test/.
import type { TopicPartition } from '@nervus/messaging';
import type { KafkaClientError } from '@nervus/messaging/adapter';
import { consumerGroupDescribeV0, consumerGroupHeartbeatV1, NetworkError, ProtocolError } from '@platformatic/kafka';
import { describe, expect, it, vi } from 'vitest';
import type { Cluster } from './cluster.js';
import { GroupMember } from './group-member.js';

interface Heartbeat {
  readonly memberId: string;
  readonly epoch: number;
  readonly instanceId: string | null;
  readonly held: readonly number[];
}

/** Answers heartbeats with what the script says, one entry for each; the last one again and again. */
class Coordinator {
  readonly heartbeats: Heartbeat[] = [];
  readonly told: string[] = [];
  members: { memberId: string; instanceId: string }[] = [];
  letGo: (partitions: readonly TopicPartition[]) => Promise<void> = () => Promise.resolve();

  constructor(readonly script: (Error | { readonly epoch: number; readonly partitions?: readonly number[] })[]) {}

  member(instanceId?: string): GroupMember {
    const cluster = {
      topics: async () => new Map([['t', { topic: 't', id: 'id', leaders: [1, 1, 1] }]]),
      forget: () => undefined,
      call: async (_to: unknown, api: unknown, ...request: unknown[]) => (api === consumerGroupDescribeV0.api ? { groups: [{ members: this.members }] } : this.#answer(request)),
    } as unknown as Cluster;
    const numbers = (partitions: readonly TopicPartition[]): string => partitions.map(({ partition }) => partition).join(',');
    return new GroupMember(cluster, { groupId: 'g', topics: ['t'], instanceId, log: () => undefined }, {
      letGo: async (partitions) => {
        this.told.push(`letGo ${numbers(partitions)}`);
        await this.letGo(partitions);
      },
      takeUp: async (partitions) => void this.told.push(`takeUp ${numbers(partitions)}`),
      lost: () => void this.told.push('lost'),
      settled: () => void this.told.push('settled'),
      failed: (error: KafkaClientError) => void this.told.push(`failed ${error.code}`),
    });
  }

  #answer([, memberId, epoch, instanceId, , , , , , held]: unknown[]): consumerGroupHeartbeatV1.ConsumerGroupHeartbeatResponse {
    this.heartbeats.push({ memberId, epoch, instanceId, held: (held as { partitions: number[] }[]).flatMap(({ partitions }) => partitions) } as Heartbeat);
    const next = this.script.length > 1 ? this.script.shift()! : this.script[0]!;
    if (next instanceof Error) throw next;
    const assignment = next.partitions === undefined ? null : { topicPartitions: next.partitions.length === 0 ? [] : [{ topicId: 'id', partitions: [...next.partitions] }] };
    return { throttleTimeMs: 0, errorCode: 0, errorMessage: null, memberId: memberId as string, memberEpoch: next.epoch, heartbeatIntervalMs: 5000, assignment };
  }
}

const until = (condition: () => void): Promise<void> => vi.waitFor(condition, { timeout: 5000, interval: 5 });

async function joined(coordinator: Coordinator, wanted: readonly string[], instanceId?: string): Promise<GroupMember> {
  const member = coordinator.member(instanceId);
  member.join();
  await until(() => expect(coordinator.told).toEqual(wanted));
  return member;
}

describe('a member of a group', () => {
  it('takes up what it is given, and says so with the next heartbeat at once: others wait for it', async () => {
    const coordinator = new Coordinator([{ epoch: 2, partitions: [] }, { epoch: 3, partitions: [0, 1] }, { epoch: 3 }]);
    const member = await joined(coordinator, ['takeUp 0,1', 'settled']);
    await until(() => expect(coordinator.heartbeats.map(({ epoch, held }) => [epoch, held])).toEqual([[0, []], [2, []], [3, [0, 1]]]));
    await member.leave();
  });

  it('asks often for a while after its share changed, since one change seldom comes alone, and seldom again afterwards', async () => {
    vi.useFakeTimers();
    try {
      const coordinator = new Coordinator([{ epoch: 1, partitions: [0] }, { epoch: 1 }]);
      const member = coordinator.member();
      member.join();
      await vi.advanceTimersByTimeAsync(1_000);
      expect(coordinator.heartbeats.length).toBeGreaterThanOrEqual(10);
      await vi.advanceTimersByTimeAsync(4_000);
      const before = coordinator.heartbeats.length;
      await vi.advanceTimersByTimeAsync(4_000);
      expect(coordinator.heartbeats.length - before).toBe(4);
      const gone = member.leave();
      await vi.runAllTimersAsync();
      await gone;
    } finally {
      vi.useRealTimers();
    }
  });

  it('holds on to a partition in the eyes of the coordinator until it is let go of, or two would work on it', async () => {
    const coordinator = new Coordinator([{ epoch: 1, partitions: [0, 1] }, { epoch: 1, partitions: [0] }, { epoch: 2 }]);
    const gate = Promise.withResolvers<void>();
    coordinator.letGo = () => gate.promise;
    const member = await joined(coordinator, ['takeUp 0,1', 'settled', 'letGo 1']);
    expect(coordinator.heartbeats.map(({ held }) => held)).toEqual([[], [0, 1]]);
    gate.resolve();
    await until(() => expect(coordinator.heartbeats.at(2)?.held).toEqual([0]));
    await member.leave();
  });

  it.each(['FENCED_MEMBER_EPOCH', 'UNKNOWN_MEMBER_ID'] as const)('%s: everything is lost before it joins again, as somebody new', async (type) => {
    const coordinator = new Coordinator([{ epoch: 1, partitions: [0] }, new ProtocolError(type), { epoch: 5, partitions: [0] }, { epoch: 5 }]);
    const member = await joined(coordinator, ['takeUp 0', 'settled', 'lost', 'takeUp 0']);
    const [first, , third] = coordinator.heartbeats;
    expect([third!.epoch, third!.held]).toEqual([0, []]);
    expect(third!.memberId).not.toBe(first!.memberId);
    await member.leave();
  });

  it('a heartbeat that is not answered is sent again, and what is held stays held', async () => {
    const coordinator = new Coordinator([{ epoch: 1, partitions: [0] }, new NetworkError('Connection closed'), { epoch: 1 }]);
    const member = await joined(coordinator, ['takeUp 0', 'settled']);
    await until(() => expect(coordinator.heartbeats.length).toBeGreaterThanOrEqual(3));
    expect([coordinator.told, coordinator.heartbeats.at(2)!.held]).toEqual([['takeUp 0', 'settled'], [0]]);
    await member.leave();
  });

  it('a predecessor that was killed is signed off in its name, so that its partitions need not wait for its session to end', async () => {
    const coordinator = new Coordinator([new ProtocolError('UNRELEASED_INSTANCE_ID'), { epoch: -2 }, { epoch: 4, partitions: [0] }, { epoch: 4 }]);
    coordinator.members = [{ memberId: 'other', instanceId: 'pod-1' }, { memberId: 'dead', instanceId: 'pod-0' }];
    const member = await joined(coordinator, ['takeUp 0', 'settled'], 'pod-0');
    expect(coordinator.heartbeats.slice(0, 3).map(({ memberId, epoch }) => [memberId === 'dead', epoch])).toEqual([[false, 0], [true, -2], [false, 0]]);
    await member.leave();
  });

  it('another living process with the same instance id ends this one by name, instead of both taking turns for ever', async () => {
    const coordinator = new Coordinator([{ epoch: 1, partitions: [0] }, new ProtocolError('FENCED_INSTANCE_ID')]);
    const member = await joined(coordinator, ['takeUp 0', 'settled', 'failed instance_taken'], 'pod-0');
    await member.leave();
  });

  it('a living process that was counted out does not take its place back from the one that took it', async () => {
    const coordinator = new Coordinator([{ epoch: 1, partitions: [0] }, new ProtocolError('FENCED_MEMBER_EPOCH'), new ProtocolError('UNRELEASED_INSTANCE_ID')]);
    coordinator.members = [{ memberId: 'successor', instanceId: 'pod-0' }];
    const member = await joined(coordinator, ['takeUp 0', 'settled', 'lost', 'failed instance_taken'], 'pod-0');
    expect(coordinator.heartbeats.map(({ epoch }) => epoch)).not.toContain(-2);
    await member.leave();
  });

  it('leaves for good without an instance id, and for a while with one', async () => {
    const epochs = [];
    for (const instanceId of [undefined, 'pod-0']) {
      const coordinator = new Coordinator([{ epoch: 1, partitions: [0] }, { epoch: 1 }]);
      const member = await joined(coordinator, ['takeUp 0', 'settled'], instanceId);
      await member.leave();
      epochs.push(coordinator.heartbeats.at(-1)!.epoch);
    }
    expect(epochs).toEqual([-1, -2]);
  });

  it('a group that it may not join is told, once for each try, and never retried in silence', async () => {
    const coordinator = new Coordinator([new ProtocolError('GROUP_AUTHORIZATION_FAILED')]);
    const member = coordinator.member();
    member.join();
    await until(() => expect(coordinator.told[0]).toBe('failed group_not_authorised'));
    await member.leave();
  });
});
