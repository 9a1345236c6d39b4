// SPDX-License-Identifier: Apache-2.0
// What can befall three brokers. Who leads is asked when the fault begins, since it changes from one to the next.
import { physicalName, topics } from '@nervus/contracts';
import { type Disturbance, FaultError, pause, until } from '@nervus/fault-harness';
import type { BrokerName, Infrastructure } from '@nervus/local-infrastructure';
import { Kafka, logLevel } from 'kafkajs';
import type { FaultMesh } from './fault-mesh.js';

const topic = physicalName(topics.approval.decisions, '');
/** Milliseconds: how long brokers stay away, and how long it may take until a silent one is out of sync. */
const times = { away: 8_000, outOfSync: 120_000 };

/** kill -9 of the broker that leads the decisions: another one takes over, and it catches up when it is back. */
export function leaderKilled({ infrastructure }: FaultMesh): Disturbance {
  let killed: BrokerName | undefined;
  return {
    name: `kill -9 the leader of ${topic}`,
    begin: async () => {
      killed = await leaderOf(infrastructure);
      await infrastructure.takeDown(killed, { signal: 'SIGKILL' });
    },
    hold: (signal) => pause(times.away, signal),
    end: async () => {
      if (killed) await infrastructure.bringUp(killed);
    },
  };
}

/** A broker that follows stands still until it is out of sync, then goes on and must find out what it has missed. */
export function followerFrozen({ infrastructure }: FaultMesh): Disturbance {
  let frozen: { readonly name: BrokerName; readonly pid: number } | undefined;
  const thaw = (): void => {
    if (frozen) process.kill(frozen.pid, 'SIGCONT');
  };
  return {
    name: `freeze a follower of ${topic}`,
    begin: async () => {
      const leader = await leaderOf(infrastructure);
      const follower = brokersOf(infrastructure).find(({ name }) => name !== leader);
      if (!follower) throw new FaultError('not_running', 'no broker runs but the leader: bring the others up first');
      frozen = follower;
      process.kill(follower.pid, 'SIGSTOP');
    },
    hold: async (signal) => {
      // A frozen broker still takes connections and never answers on them: ask the others only.
      const addresses = infrastructure.kafka.brokers.filter((_, n) => brokerNames[n] !== frozen?.name);
      await until('the frozen broker is out of sync', { limitMs: times.outOfSync, signal, everyMs: 1_000 }, async () => (await copiesInSync(addresses)) < 3);
      await pause(times.away, signal);
    },
    end: thaw,
    endNow: thaw,
  };
}

/** kill -9 of two of three at once: what is left may acknowledge nothing. Both must come back together, as one alone has no quorum. */
export function mostKilled({ infrastructure }: FaultMesh): Disturbance {
  let killed: readonly BrokerName[] = [];
  return {
    name: 'kill -9 two brokers at once',
    begin: async () => {
      const leader = await leaderOf(infrastructure);
      const other = brokersOf(infrastructure).find(({ name }) => name !== leader);
      killed = other ? [leader, other.name] : [leader];
      await Promise.all(killed.map((name) => infrastructure.takeDown(name, { signal: 'SIGKILL' })));
    },
    hold: (signal) => pause(times.away, signal),
    end: async () => void (await Promise.all(killed.map((name) => infrastructure.bringUp(name)))),
  };
}

const brokerNames: readonly BrokerName[] = ['broker', 'broker-2', 'broker-3'];
const isBroker = (name: string): name is BrokerName => brokerNames.some((one) => one === name);
const brokersOf = ({ processes }: Infrastructure): { readonly name: BrokerName; readonly pid: number }[] => processes.flatMap(({ name, pid }) => (isBroker(name) ? [{ name, pid }] : []));

async function leaderOf(infrastructure: Infrastructure): Promise<BrokerName> {
  return until(`a leader of ${topic}`, { limitMs: times.outOfSync, everyMs: 500 }, () => infrastructure.leaderOf(topic));
}

/** Of the first partition; 3 when all are. */
async function copiesInSync(brokers: readonly string[]): Promise<number> {
  const admin = new Kafka({ brokers: [...brokers], clientId: 'faults', logLevel: logLevel.NOTHING, requestTimeout: 5_000, retry: { retries: 1 } }).admin();
  try {
    await admin.connect();
    const metadata = await admin.fetchTopicMetadata({ topics: [topic] });
    return metadata.topics[0]?.partitions.find(({ partitionId }) => partitionId === 0)?.isr.length ?? 3;
  } catch {
    return 3;
  } finally {
    await admin.disconnect();
  }
}
