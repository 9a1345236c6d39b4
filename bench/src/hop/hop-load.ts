// SPDX-License-Identifier: Apache-2.0
import { physicalName, rootId, SignalAccepted, topicOf, topics } from '@nervus/contracts';
import { configurationOf, eventOf, type KafkaClient, type OutboundRecord, Publisher, systemClock, topicsUsedBy } from '@nervus/messaging';
import { createKafkaJsClient } from '@nervus/messaging-kafkajs';
import { WorkloadKey } from '@nervus/trust';
import type { EngineHopPlace } from './hop-messages.js';
import { signalOf } from './hop-records.js';

const dayMs = 24 * 3_600_000;
const spiffeId = 'spiffe://nervus.local/service/ingestion';
/** Records that may wait in the publisher before the filling of an input waits too. */
const maxAhead = 4000;

/** What one hop reads and where it writes, by physical topics. */
export interface HopTopics {
  readonly input: string;
  readonly output: string;
}

/** Writes what the hops read: signed records for those behind the engine, the same JSON alone for the bare ones. */
export class HopLoad {
  /** Unique, so that a running broker can be measured more than once. */
  readonly topicPrefix = `bench${Date.now()}.`;
  readonly engine: HopTopics;
  readonly bare: HopTopics;
  readonly workloads: EngineHopPlace['workloads'];
  readonly client: KafkaClient;
  private readonly publisher: Publisher;

  private constructor(brokers: readonly string[]) {
    this.engine = { input: physicalName(topicOf(SignalAccepted), this.topicPrefix), output: physicalName(topics.reasoning.intelligence, this.topicPrefix) };
    this.bare = { input: `${this.topicPrefix}bare.in`, output: `${this.topicPrefix}bare.out` };
    this.client = createKafkaJsClient({ brokers, clientId: `${this.topicPrefix}load`, log: () => undefined });
    const now = Date.now();
    const signer = WorkloadKey.generate();
    const key = { signer, notAfter: now + dayMs };
    this.workloads = [{ kid: signer.kid, service: 'ingestion', publicJwk: signer.publicJwk, notBefore: new Date(now - dayMs).toISOString(), notAfter: new Date(key.notAfter).toISOString() }];
    this.publisher = new Publisher({
      client: this.client, topicPrefix: this.topicPrefix, spiffeId, epochs: { audited: rootId(now), unaudited: rootId(now + 1) }, currentKey: () => key, clock: systemClock,
      onFatal: (error) => {
        throw error;
      },
    });
  }

  /** Makes the topics; those of the bare hops as the declared ones are. */
  static async open(brokers: readonly string[]): Promise<HopLoad> {
    const load = new HopLoad(brokers);
    const declared = topicsUsedBy('reasoning').map((declaration) => configurationOf(declaration, load.topicPrefix));
    const { partitions, settings } = configurationOf(topicOf(SignalAccepted), load.topicPrefix);
    const admin = await load.client.admin();
    try {
      await admin.createTopics([...declared, ...Object.values(load.bare).map((topic) => ({ topic, partitions, settings }))], { factor: 1, minInSync: 1 });
    } finally {
      await admin.close();
    }
    return load;
  }

  /** Signed, as ingestion would write it. Resolves when Kafka has it. */
  async sendSigned(subjects: readonly string[]): Promise<void> {
    await this.publisher.publish(subjects.map((subject) => eventOf(SignalAccepted, { key: subject, tenant: 'default', id: rootId(Date.now()), data: signalOf(subject) }, systemClock)));
  }

  /** The same JSON under the same key, and nothing else. */
  async sendBare(subjects: readonly string[]): Promise<void> {
    await this.publisher.sendRaw(subjects.map((subject): OutboundRecord => ({ topic: this.bare.input, key: Buffer.from(`default/${subject}`), value: Buffer.from(JSON.stringify(signalOf(subject))), headers: {} })));
  }

  /** Writes so many records as fast as Kafka takes them. */
  async fill(records: number, name: string, send: (subjects: readonly string[]) => Promise<void>): Promise<void> {
    const size = 500;
    const sent: Promise<void>[] = [];
    for (let from = 0; from < records; from += size) {
      await this.publisher.whenBelow(maxAhead);
      sent.push(send(Array.from({ length: Math.min(size, records - from) }, (_, n) => `${name}-${from + n}`)));
    }
    await Promise.all(sent);
  }

  /** Records that a topic holds. */
  async count(topic: string): Promise<number> {
    const admin = await this.client.admin();
    try {
      return (await admin.endOffsets(topic)).reduce((sum, { low, high }) => sum + Number(high - low), 0);
    } finally {
      await admin.close();
    }
  }

  async close(): Promise<void> {
    await this.publisher.close({ drainMs: 5000 });
  }
}
