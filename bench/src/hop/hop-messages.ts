// SPDX-License-Identifier: Apache-2.0
// What the benchmark and the process of a hop say to each other, over the channel that `fork` opens between them.
import type { PublicJwk, ServiceName } from '@nervus/contracts';

/** Kafka clients that are measured, each behind the engine and bare. */
export const clientNames = ['kafkajs', 'platformatic'] as const;
export type ClientName = (typeof clientNames)[number];

/** Where a bare hop stands: the only argument of its process, as JSON. */
export interface BareHopPlace {
  readonly brokers: readonly string[];
  readonly input: string;
  readonly output: string;
}

/** Where an engine hop stands. Its topics are the declared ones under the prefix. */
export interface EngineHopPlace {
  readonly client: ClientName;
  readonly brokers: readonly string[];
  readonly mongodbUri: string;
  readonly topicPrefix: string;
  /** Who signed what it reads: what the table of workload keys would say. */
  readonly workloads: readonly { readonly kid: string; readonly service: ServiceName; readonly publicJwk: PublicJwk; readonly notBefore: string; readonly notAfter: string }[];
}

/** One time of reading the input from its beginning, or from its end, as a consumer group of its own. */
export interface HopRun {
  /** Unlike any other run's: names group and database. */
  readonly name: string;
  readonly from: 'beginning' | 'end';
  /** Milliseconds to measure, counted from the first acknowledged output; 0 measures nothing. */
  readonly measureMs: number;
  /** Records after which there is nothing more to measure. */
  readonly expected: number;
}

export type HopCommand = { readonly kind: 'begin'; readonly run: HopRun } | { readonly kind: 'stop' };

/** What a hop did in one stretch. */
export interface Measured {
  /** Outputs that Kafka acknowledged. */
  readonly records: number;
  readonly seconds: number;
  /** Of the process of the hop, user and system, from /proc. */
  readonly cpuSeconds: number;
}

export type HopReport =
  | { readonly kind: 'ready' }
  /** The group is joined. */
  | { readonly kind: 'joined' }
  /** The first output was acknowledged: measuring has begun. */
  | { readonly kind: 'began' }
  | ({ readonly kind: 'measured' } & Measured)
  /** With all outputs of the run that were acknowledged. */
  | { readonly kind: 'stopped'; readonly records: number }
  | { readonly kind: 'failed'; readonly message: string };
