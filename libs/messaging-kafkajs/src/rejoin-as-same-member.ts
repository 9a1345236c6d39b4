// SPDX-License-Identifier: Apache-2.0
import { firstTime, insideKafkaJs } from './version-guard.js';

interface ConsumerGroup {
  readonly cluster: object;
  memberId: string | null;
}
interface ConsumerGroupClass {
  readonly prototype: {
    connect: (this: ConsumerGroup) => Promise<void>;
    joinAndSync: (this: ConsumerGroup) => Promise<void>;
    leave: (this: ConsumerGroup) => Promise<void>;
  };
}

/** The member that each client is to its group, for as long as it has not left. */
const members = new WeakMap<object, string>();

/**
 * When the broker was away, kafkajs 2.2.4 begins its consumer anew and joins as a new member. The group then waits for
 * the old one, which is itself, until the session timeout: ten seconds in which nothing is read. So it joins as the
 * member that it was; should the broker no longer know it, kafkajs joins as a new one by itself.
 */
export function rejoinAsSameMember(): void {
  const { prototype } = insideKafkaJs<ConsumerGroupClass>('consumer/consumerGroup', 'rejoin-as-same-member.ts');
  if (!firstTime(prototype, 'rejoin-as-same-member')) return;
  const { connect, joinAndSync, leave } = prototype;
  prototype.connect = function connectAsBefore() {
    this.memberId ??= members.get(this.cluster) ?? null;
    return connect.call(this);
  };
  prototype.joinAndSync = async function joinAndRemember() {
    await joinAndSync.call(this);
    if (this.memberId !== null) members.set(this.cluster, this.memberId);
  };
  prototype.leave = async function leaveAndForget() {
    await leave.call(this);
    members.delete(this.cluster);
  };
}
