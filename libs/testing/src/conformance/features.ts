// SPDX-License-Identifier: Apache-2.0
// What the adapters of the messaging port declare. The suite holds them to it, and docs/messaging-clients.md shows it.

/** What an adapter may or may not be able to do, and what that means for who runs it. */
export const messagingFeatures = {
  restart: 'A broker that is killed and comes back costs no record, no order and no process.',
  session: 'A process that is silent for longer than its session loses its partitions to the others, and cannot commit when it wakes.',
  authorisation: 'What credentials or access rules forbid is said at once, by name, and a process whose access is taken away ends.',
  replication: 'A topic is replicated as asked for, or refused with the reason.',
  incrementalRebalance: 'When a process joins or leaves, only the partitions that move are touched; the others go on. What is finished of those that move is committed before they go.',
  staticMembership: 'A process with an instance id that is restarted or killed, and is back within the session timeout, finds its partitions where it left them; the others notice nothing.',
} as const;

export type MessagingFeature = keyof typeof messagingFeatures;

/** True, or the reason why not. */
export type MessagingFeatures = Readonly<Record<MessagingFeature, true | string>>;

export type AdapterName = 'kafkajs' | 'platformatic' | 'memory';

export const declaredFeatures: Readonly<Record<AdapterName, MessagingFeatures>> = {
  kafkajs: {
    restart: true,
    session: true,
    authorisation: true,
    replication: true,
    incrementalRebalance: 'kafkajs 2.2.4 speaks the classic protocol and takes all partitions from everybody in each rebalance',
    staticMembership: 'kafkajs 2.2.4 sends no group instance id',
  },
  platformatic: { restart: true, session: true, authorisation: true, replication: true, incrementalRebalance: true, staticMembership: true },
  memory: {
    restart: true,
    session: 'the memory broker is in the process of its members',
    authorisation: 'the memory broker asks nobody who they are',
    replication: 'the memory broker keeps one copy',
    incrementalRebalance: 'the memory broker takes all partitions in each rebalance, as the stricter test of the engine',
    staticMembership: 'the memory broker outlives none of its members',
  },
};
