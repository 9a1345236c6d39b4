// SPDX-License-Identifier: Apache-2.0
import type { Infrastructure } from '@nervus/local-infrastructure';
import mongoose from 'mongoose';
import { Arrivals } from './arrivals.js';
import { type ClientName, clientNames } from './hop-messages.js';
import { HopLoad, type HopTopics } from './hop-load.js';
import { HopProcess } from './hop-process.js';

/** The two hops of one client. */
export interface HopPair {
  readonly client: ClientName;
  readonly engine: Hop;
  readonly bare: Hop;
}

export interface Hop {
  readonly kind: 'engine' | 'bare';
  readonly process: HopProcess;
  readonly topics: HopTopics;
}

/** Both hops of every client, each in a process of its own, idle until they are asked to run. */
export class HopWorld {
  private runs = 0;

  private constructor(
    readonly infrastructure: Infrastructure,
    readonly load: HopLoad,
    readonly pairs: readonly HopPair[],
    private readonly database: mongoose.Connection,
  ) {}

  static async open(infrastructure: Infrastructure): Promise<HopWorld> {
    const { brokers } = infrastructure.kafka;
    const load = await HopLoad.open(brokers);
    const pairs: HopPair[] = [];
    for (const client of clientNames) {
      const place = { client, brokers, mongodbUri: infrastructure.database.uri, topicPrefix: load.topicPrefix, workloads: load.workloads };
      const engine = await HopProcess.start(`engine on ${client}`, 'engine-hop.js', place);
      const bare = await HopProcess.start(`bare ${client}`, `bare-${client}-hop.js`, { brokers, ...load.bare });
      pairs.push({ client, engine: { kind: 'engine', process: engine, topics: load.engine }, bare: { kind: 'bare', process: bare, topics: load.bare } });
    }
    return new HopWorld(infrastructure, load, pairs, await mongoose.createConnection(infrastructure.database.uri).asPromise());
  }

  /** A name for a run, of group and database. */
  nextRun(): string {
    return `r${++this.runs}`;
  }

  /** Reads the outputs of all hops from now on. */
  arrivals(): Promise<Arrivals> {
    return Arrivals.of(this.load.client, [this.load.engine.output, this.load.bare.output], `${this.load.topicPrefix}arrivals`);
  }

  /** The stand-in keeps documents on its heap: those of a run that is over go. */
  async forget(run: string): Promise<void> {
    await this.database.useDb(`hop_${run}`).dropDatabase();
  }

  async close(): Promise<void> {
    for (const { engine, bare } of this.pairs) await Promise.all([engine.process.end(), bare.process.end()]);
    await this.load.close();
    await this.database.close();
  }
}
