// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Consumer, Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import { percentile, rounded } from './latency.js';
import { cpuSeconds } from './process-cpu.js';

export interface BareFigures {
  readonly hops: number;
  readonly offered: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU milliseconds of the hop processes for one record that went through all of them. */
  readonly cpuMs: number;
}

const partitions = 3;
const tickMs = 10;

/** A chain of topics with a bare kafkajs process between each two: as many hops as an event takes through the mesh. */
export class BarePipeline {
  private constructor(
    private readonly hops: readonly ChildProcess[],
    private readonly producer: Producer,
    private readonly consumer: Consumer,
    private readonly first: string,
    private readonly arrivals: Map<string, number>,
  ) {}

  static async start(brokers: readonly string[], hops: number): Promise<BarePipeline> {
    const kafka = new Kafka({ brokers: [...brokers], clientId: 'bare', logLevel: logLevel.NOTHING });
    const names = Array.from({ length: hops + 1 }, (_, n) => `bare.${Date.now()}.${n}`);
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: names.map((topic) => ({ topic, numPartitions: partitions, configEntries: [{ name: 'message.timestamp.type', value: 'LogAppendTime' }] })), waitForLeaders: true });
    await admin.disconnect();
    const entry = join(dirname(fileURLToPath(import.meta.url)), 'bare-hop.js');
    const children = names.slice(0, -1).map((from, n) => fork(entry, [brokers.join(','), from, names[n + 1]!], { execArgv: ['--disable-warning=TimeoutNegativeWarning'] }));
    await Promise.all(children.map((child) => once(child, 'message')));

    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    const arrivals = new Map<string, number>();
    const consumer = kafka.consumer({ groupId: `bare-${names.at(-1)}`, maxWaitTimeInMs: 1000, minBytes: 1 });
    await consumer.connect();
    await consumer.subscribe({ topic: names.at(-1)!, fromBeginning: true });
    const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
    await consumer.run({
      eachMessage: ({ message }) => {
        arrivals.set(String(message.key), Date.now());
        return Promise.resolve();
      },
    });
    await joined;
    return new BarePipeline(children, producer, consumer, names[0]!, arrivals);
  }

  /** Sends ~900-byte records at a rate for some seconds and waits for all of them at the other end. */
  async run(rate: number, seconds: number): Promise<BareFigures> {
    const cpuBefore = this.cpu();
    const sentAt = new Map<string, number>();
    const total = Math.round(rate * seconds);
    const startedAt = Date.now();
    const padding = 'x'.repeat(850);
    while (sentAt.size < total) {
      const due = Math.min(total, Math.floor(((Date.now() - startedAt) / 1000) * rate));
      const messages = [];
      while (sentAt.size < due) {
        const key = `${startedAt}-${sentAt.size}`;
        sentAt.set(key, Date.now());
        messages.push({ key, value: JSON.stringify({ key, padding }) });
      }
      if (messages.length > 0) await this.producer.send({ topic: this.first, messages, acks: -1 });
      await new Promise((resolve) => setTimeout(resolve, tickMs));
    }
    const until = Date.now() + 60_000;
    while ([...sentAt.keys()].some((key) => !this.arrivals.has(key))) {
      if (Date.now() > until) throw new Error('the bare pipeline lost records, or a hop of it died');
      await new Promise((resolve) => setTimeout(resolve, tickMs));
    }
    const latencies = [...sentAt].map(([key, at]) => this.arrivals.get(key)! - at);
    return { hops: this.hops.length, offered: rate, p50Ms: rounded(percentile(latencies, 0.5)), p99Ms: rounded(percentile(latencies, 0.99)), cpuMs: rounded(((this.cpu() - cpuBefore) * 1000) / total, 2) };
  }

  async stop(): Promise<void> {
    await Promise.all([this.producer.disconnect(), this.consumer.disconnect()]);
    for (const hop of this.hops) hop.kill('SIGTERM');
    await Promise.all(this.hops.filter((hop) => hop.exitCode === null).map((hop) => once(hop, 'exit')));
  }

  private cpu(): number {
    return this.hops.reduce((sum, hop) => sum + (hop.pid === undefined ? 0 : (cpuSeconds(hop.pid) ?? 0)), 0);
  }
}
