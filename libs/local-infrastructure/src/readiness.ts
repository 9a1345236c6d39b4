// SPDX-License-Identifier: Apache-2.0
import { type Admin, Kafka, logLevel, Partitioners } from 'kafkajs';
import { MongoClient } from 'mongodb';
import { setTimeout as sleep } from 'node:timers/promises';
import { offsetsPartitions } from './broker-properties.js';
import type { Replication } from './cluster.js';
import { messageOf } from './errors.js';
import { portAnswers } from './ports.js';

/** Takes the first record of each start, which Kafka drops again after a minute. Deleting the topic instead would leave strays behind a crash. */
const readinessTopic = 'local-infrastructure-ready';
const readinessSettings = { 'message.timestamp.type': 'LogAppendTime', 'retention.ms': '60000', 'segment.ms': '60000', 'segment.bytes': '1048576' };
const pauseMs = 100;

/** Thrown when the time is over or the start was given up; says what the last attempt ran into. */
export class NotReady extends Error {
  override readonly name = 'NotReady';
}

/** Repeats until the attempt succeeds. @throws NotReady once the signal is aborted */
export async function until<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
  let last = 'no attempt was made';
  while (!signal.aborted) {
    try {
      return await attempt();
    } catch (error) {
      last = messageOf(error);
    }
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
  }
  throw new NotReady(last);
}

async function accepts(port: number): Promise<void> {
  if (!(await portAnswers(port))) throw new Error(`nothing listens on port ${port}`);
}

/** Where brokers are asked, and as whom. */
export interface Contact {
  readonly brokers: readonly string[];
  /** With mutual TLS; PEM. */
  readonly ssl?: { readonly ca: string; readonly cert: string; readonly key: string } | undefined;
}

/** A broker of ours that is waited for. */
export interface ExpectedBroker {
  readonly id: number;
  /** Of its clients. */
  readonly port: number;
  /** This broker alone. */
  readonly contact: Contact;
  readonly replication: Replication;
  /** The id of our cluster, as soon as it is known. */
  readonly clusterId: () => string | undefined;
}

/**
 * A broker of ours: it describes its cluster and belongs to it, acknowledges a record, its group coordinators have
 * loaded their offsets, and what it holds copies of is caught up.
 */
export async function brokerReady({ id, port, contact, replication, clusterId }: ExpectedBroker, signal: AbortSignal): Promise<void> {
  await until(() => accepts(port), signal);
  await until(async () => {
    const cluster = await describeCluster(contact, 5000);
    // Another launcher may have taken the port since we looked; ours then ends in a moment.
    if (cluster.clusterId !== clusterId()) throw new Error(`another broker answers on port ${port}`);
    if (!cluster.brokers.some(({ nodeId }) => nodeId === id)) throw new Error('it has not joined its cluster yet');
  }, signal);
  await until(() => produceOnce(contact, replication), signal);
  await until(() => askCoordinators(contact), signal);
  if (replication.factor > 1) await until(() => caughtUp(contact, id), signal);
}

/** The cluster behind these brokers; milliseconds for each step. */
export function describeCluster(contact: Contact, timeoutMs: number): Promise<{ readonly clusterId: string; readonly brokers: readonly { readonly nodeId: number }[] }> {
  return asking(contact, (admin) => admin.describeCluster(), timeoutMs);
}

/** The node that leads a partition; undefined while none does. */
export async function leaderOf(contact: Contact, topic: string, partition: number): Promise<number | undefined> {
  const { topics } = await asking(contact, (admin) => admin.fetchTopicMetadata({ topics: [topic] }));
  const leader = topics[0]?.partitions.find(({ partitionId }) => partitionId === partition)?.leader;
  return leader === undefined || leader < 0 ? undefined : leader;
}

/** Asks as an administrator. */
export async function asking<T>(contact: Contact, question: (admin: Admin) => Promise<T>, timeoutMs = 5000): Promise<T> {
  const admin = kafka(contact, timeoutMs).admin();
  try {
    await admin.connect();
    return await question(admin);
  } finally {
    await admin.disconnect();
  }
}

async function produceOnce(contact: Contact, { factor, minInSync }: Replication): Promise<void> {
  const client = kafka(contact, 5000);
  const admin = client.admin();
  const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner, allowAutoTopicCreation: false });
  try {
    await Promise.all([admin.connect(), producer.connect()]);
    const configEntries = Object.entries({ ...readinessSettings, 'min.insync.replicas': String(minInSync) }).map(([name, value]) => ({ name, value }));
    await admin.createTopics({ waitForLeaders: false, topics: [{ topic: readinessTopic, numPartitions: 1, replicationFactor: factor, configEntries }] });
    await producer.send({ topic: readinessTopic, acks: -1, messages: [{ value: 'ready' }] });
  } finally {
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  }
}

/** Fails while a coordinator is still loading: the first consumer to join would crash on it, and start again. */
function askCoordinators(contact: Contact): Promise<void> {
  return asking(contact, async (admin) => {
    // kafkajs finds a coordinator only once it has loaded metadata, which this makes it do.
    await admin.fetchTopicOffsets(readinessTopic);
    // A group's coordinator is found by the hash of its name, so names that differ in the last digit meet one each.
    for (let partition = 0; partition < offsetsPartitions; partition += 1) {
      await admin.fetchOffsets({ groupId: `local-infrastructure-ready-${partition}`, topics: [readinessTopic] });
    }
  });
}

/** Fails while a partition is on this broker and its copy there is behind: until then no other broker may go. */
async function caughtUp(contact: Contact, id: number): Promise<void> {
  const { topics } = await asking(contact, (admin) => admin.fetchTopicMetadata());
  const behind = topics.flatMap(({ partitions }) => partitions).filter(({ replicas, isr }) => replicas.includes(id) && !isr.includes(id)).length;
  if (behind > 0) throw new Error(`${behind} of its partitions are not caught up yet`);
}

function kafka({ brokers, ssl }: Contact, timeoutMs: number): Kafka {
  // The attempts are ours: kafkajs would wait longer before its first retry than a warm broker takes to start.
  return new Kafka({ clientId: 'local-infrastructure', brokers: [...brokers], logLevel: logLevel.NOTHING, connectionTimeout: timeoutMs, requestTimeout: timeoutMs, retry: { retries: 0 }, ...(ssl && { ssl }) });
}

export interface DatabaseAnswer {
  readonly kind: 'mongodb' | 'mongo-java-server';
  /** Of MongoDB; the stand-in only says which MongoDB it resembles. */
  readonly version: string;
}

/** A database of ours: it has said that it listens, and answers a ping. */
export async function databaseReady(port: number, listens: () => Promise<boolean>, signal: AbortSignal): Promise<DatabaseAnswer> {
  await until(async () => {
    if (!(await listens())) throw new Error(`it does not listen on port ${port} yet`);
    await accepts(port);
  }, signal);
  return until(() => askDatabase(`mongodb://127.0.0.1:${port}`, 5000), signal);
}

export async function askDatabase(uri: string, timeoutMs: number): Promise<DatabaseAnswer> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: timeoutMs, connectTimeoutMS: timeoutMs, socketTimeoutMS: timeoutMs, appName: 'local-infrastructure' });
  try {
    const admin = (await client.connect()).db('admin');
    await admin.command({ ping: 1 });
    const build = await admin.command({ buildInfo: 1 });
    // Every MongoDB names the commit that it was built from; the stand-in names none.
    return { kind: 'gitVersion' in build ? 'mongodb' : 'mongo-java-server', version: String(build['version']) };
  } finally {
    await client.close();
  }
}
