// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { type BatchReceipted, ownTopics, physicalName, type ServiceName, services, type TopicDeclaration, topics } from '@nervus/contracts';
import { type Consumer, Kafka, type KafkaMessage, logLevel } from 'kafkajs';
import type { Item } from './judge.js';

/** What follows from a signal, one record for each. */
const steps = { intelligence: topics.reasoning.intelligence, decisions: topics.approval.decisions, credentials: topics.identity.credentials } as const;
export type Step = keyof typeof steps;

/** Reads the mesh's topics as they grow and remembers when what was appended, by the broker's clock, in milliseconds since the epoch. */
export class MeshWatch {
  private readonly signalIds = new Map<string, string>();
  private readonly first: Readonly<Record<Step, Map<string, number>>> = { intelligence: new Map(), decisions: new Map(), credentials: new Map() };
  /** Records that belong into the log, and those of which audit said that they are in it, by topic, partition and offset. */
  private readonly appended = new Map<string, number>();
  private readonly receipted = new Map<string, number>();
  private readonly heard = new Map<ServiceName, number[]>();

  private constructor(
    private readonly consumer: Consumer,
    private readonly declarations: ReadonlyMap<string, TopicDeclaration>,
  ) {}

  static async begin(brokers: readonly string[]): Promise<MeshWatch> {
    const declarations = [topics.ingestion.signals, ...Object.values(steps), topics.audit.receipts, ...services.map((service) => ownTopics(service).heartbeats)];
    const kafka = new Kafka({ brokers: [...brokers], clientId: 'independence-watch', logLevel: logLevel.NOTHING });
    const consumer = kafka.consumer({ groupId: `independence-${randomUUID()}` });
    const watch = new MeshWatch(consumer, new Map(declarations.map((declaration) => [physicalName(declaration, ''), declaration])));
    await consumer.connect();
    await consumer.subscribe({ topics: [...watch.declarations.keys()], fromBeginning: true });
    await consumer.run({ eachMessage: ({ topic, partition, message }) => Promise.resolve(watch.take(topic, partition, message)) });
    return watch;
  }

  /** When a step was made for the event of a subject. */
  doneAt(step: Step, subject: string): number | undefined {
    const id = this.signalIds.get(subject);
    return id === undefined ? undefined : this.first[step].get(id);
  }

  /** Records, and when they entered the log. */
  get logged(): Item[] {
    return [...this.appended].map(([place, sentAt]) => ({ sentAt, doneAt: this.receipted.get(place) }));
  }

  /** Heartbeats of a service. */
  beatsOf(service: ServiceName): readonly number[] {
    return this.heard.get(service) ?? [];
  }

  async close(): Promise<void> {
    await this.consumer.disconnect();
  }

  private take(topic: string, partition: number, { offset, key, headers, value, timestamp }: KafkaMessage): void {
    const declaration = this.declarations.get(topic);
    if (!declaration) return;
    const at = Number(timestamp);
    if (declaration === topics.audit.receipts) {
      this.takeReceipt(JSON.parse(String(value)) as Partial<BatchReceipted>, at);
      return;
    }
    if (declaration.audited) this.appended.set(placeOf(topic, partition, offset), at);
    if (declaration === topics.ingestion.signals) {
      const subject = String(key).slice(String(key).indexOf('/') + 1);
      if (!this.signalIds.has(subject)) this.signalIds.set(subject, String(headers?.['ce_id']));
      return;
    }
    const step = (Object.keys(steps) as Step[]).find((name) => steps[name] === declaration);
    if (step) {
      const signal = String(headers?.['ce_correlationid']);
      if (!this.first[step].has(signal)) this.first[step].set(signal, at);
    } else {
      const heard = this.heard.get(declaration.owner) ?? [];
      heard.push(at);
      this.heard.set(declaration.owner, heard);
    }
  }

  private takeReceipt({ leaves }: Partial<BatchReceipted>, at: number): void {
    for (const [, topic, partition, offset] of leaves ?? []) {
      const place = placeOf(topic, partition, offset);
      if (!this.receipted.has(place)) this.receipted.set(place, at);
    }
  }
}

const placeOf = (topic: string, partition: number, offset: string): string => `${topic} ${partition} ${offset}`;
