// SPDX-License-Identifier: Apache-2.0
// Invariant: a record reaches a handler only when its declared producer signed it and no key involved was revoked; its
// offset is committed only after the handler resolved, or after `onRefused` was told of it. What a handler cannot do yet
// is tried again, and holds up what has the same key, and nothing else.
import { IntelligenceProduced, OutcomeRecorded, physicalName, type RecordType, rootId, subscriberGroup, topicOf, topics } from '@nervus/contracts';
import { backoffMs, type Clock, decodeRecord, Engine, type InboundRecord, type Lease, LeaseRevokedError, pause, PermanentError, type Random, type Received, systemClock, systemRandom, Tables, UntrustedRecordError, verify } from '@nervus/messaging';
import type { KafkaConnection } from '@nervus/messaging/adapter';
import { createKafkaJsClient } from '@nervus/messaging-kafkajs';
import { parseTrustBundle, RecordVerifier, WorkloadDirectory } from '@nervus/trust';

/** What a handler is told beside the event. */
export interface HandlerContext {
  /** Aborted when the partition went to another process or the subscriber closes: end soon, the event comes again. */
  readonly signal: AbortSignal;
  /** 1 at the first call. */
  readonly attempt: number;
}

/** Resolving finishes the event. Whatever is thrown has it handed over again, later and later. */
export type Handler<T> = (event: Received<T>, context: HandlerContext) => Promise<void>;

/** A record that was not handed over, and why. */
export interface RefusedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** `unknown_key`, `forged_record`, `key_revoked`, `schema_invalid` ... */
  readonly code: string;
  readonly detail: string;
}

export interface SubscriberOptions {
  /** Name under which an operator let this service in (`nervus subscribers add NAME`). */
  readonly name: string;
  /** Part of the consumer group, where one service has several readers. @default none */
  readonly group?: string;
  readonly kafka: Pick<KafkaConnection, 'brokers' | 'ssl' | 'sasl'>;
  /** What stands before every topic name of the installation. @default '' */
  readonly topicPrefix?: string;
  /** Content of the installation's trust-bundle.json, which an operator hands over. */
  readonly trustBundle: string | Uint8Array;
  /** Its thumbprint, where the bundle comes over a way that is not trusted. */
  readonly trustBundleThumbprint?: string;
  /** Where a group begins that has read nothing yet. @default 'end' */
  readonly from?: 'beginning' | 'end';
  /** Begins at `from` each time, commits nothing, and its group ends with this process: for looking, not for working. @default false */
  readonly ephemeral?: boolean;
  /** Events of one tenant only. @default all that the topics hold */
  readonly tenant?: string;
  readonly intelligence?: Handler<IntelligenceProduced>;
  readonly outcome?: Handler<OutcomeRecorded>;
  /** Told of records that are not handed over; there is no dead-letter topic for subscribers. */
  readonly onRefused?: (refused: RefusedRecord) => void;
  /** Told each time that a handler threw. */
  readonly onFailed?: (error: unknown, event: Received<unknown>, attempt: number) => void;
  /** Told once that nothing is read any more, as when access is taken away: end, or make a new subscriber. */
  readonly onFatal: (error: Error) => void;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** The first pause after a handler threw, and the longest, in milliseconds. */
const pauses = { firstMs: 200, mostMs: 30_000 } as const;

/** Reads what the mesh concluded and did, verified, each event at least once. */
export class Subscriber {
  private readonly directory = new WorkloadDirectory();
  private readonly verifier: RecordVerifier;
  private readonly tables: Tables;
  private readonly engine: Engine;
  private readonly clock: Clock;
  private readonly handlers: ReadonlyMap<string, Handler<never>>;

  /** @throws VerificationError for a trust bundle that is none, or not the pinned one; TypeError without a handler */
  constructor(private readonly options: SubscriberOptions) {
    const { name, group, topicPrefix = '', from = 'end', ephemeral = false, clock = systemClock } = options;
    if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(name)) throw new TypeError(`"${name}" is no name of a subscriber: it has lower-case letters, digits and hyphens`);
    this.clock = clock;
    this.handlers = new Map(handledBy(options).map(({ type, handler }) => [type.type, handler]));
    if (this.handlers.size === 0) throw new TypeError('a subscriber without a handler reads nothing: give intelligence or outcome');
    const client = createKafkaJsClient({ ...options.kafka, clientId: `subscriber-${name}`, log: () => undefined });
    const groups = subscriberGroup(name, topicPrefix);
    this.verifier = new RecordVerifier({ directory: this.directory, topicPrefix, subscribes: () => false });
    this.tables = new Tables({
      client, clock, topicPrefix, directory: this.directory, verifier: this.verifier, bundle: parseTrustBundle(options.trustBundle, options.trustBundleThumbprint), onFatal: options.onFatal,
      reader: { name, groupId: `${groups}.table.${rootId(clock.now())}`, tables: [topics.identity.workloads, topics.identity.revocations], broadcasts: [] },
      quarantine: { report: (record, error) => Promise.resolve(this.refuse(record, error.code, error.message)) },
    });
    const shared = group === undefined ? groups : `${groups}.${group}`;
    this.engine = new Engine({
      client, clock, onFatal: options.onFatal,
      ...(ephemeral ? { groupId: `${groups}.tail.${rootId(clock.now())}`, ephemeral, commitEveryMs: 'never' as const } : { groupId: shared }),
      subscriptions: handledBy(options).map(({ type }) => ({ topic: physicalName(topicOf(type), topicPrefix), from, handle: { record: (record, lease) => this.take(record, lease) } })),
    });
  }

  /** Resolves once keys and revocations are known and events come in. */
  async start(): Promise<void> {
    await this.tables.start();
    await this.tables.loaded;
    await this.engine.start();
  }

  /** Finishes what is in hand within the time given, commits, and leaves. @param drainMs @default 10000 */
  async close({ drainMs = 10_000 }: { readonly drainMs?: number } = {}): Promise<void> {
    await this.engine.close({ drainMs });
    await this.tables.close({ drainMs: 1_000 });
  }

  private async take(record: InboundRecord, lease: Lease): Promise<void> {
    const event = await this.believed(record, lease);
    if (!event || event.data === null || (this.options.tenant !== undefined && event.tenant !== this.options.tenant)) return;
    const handler = this.handlers.get(event.type) as Handler<unknown> | undefined;
    if (handler) await this.handOver(event, handler, lease);
  }

  /** The event in a record; undefined for one that is not to be believed or not to be read. */
  private async believed(record: InboundRecord, lease: Lease): Promise<Received<unknown> | undefined> {
    try {
      const verification = await verify(record, lease.signal, { verifier: this.verifier, catchUp: () => this.tables.catchUp(), clock: this.clock });
      return decodeRecord(record, verification);
    } catch (error) {
      if (!(error instanceof UntrustedRecordError || error instanceof PermanentError)) throw error;
      this.refuse(record, error.code, error.message);
      return undefined;
    }
  }

  private async handOver(event: Received<unknown>, handler: Handler<unknown>, lease: Lease): Promise<void> {
    const { onFailed, random = systemRandom } = this.options;
    for (let attempt = 1; ; attempt++) {
      if (lease.signal.aborted) throw new LeaseRevokedError('the partition went to another process before the event was finished');
      try {
        return await handler(event, { signal: lease.signal, attempt });
      } catch (error) {
        onFailed?.(error, event, attempt);
        await pause(backoffMs(attempt, pauses.firstMs, pauses.mostMs, random), this.clock, lease.signal);
      }
    }
  }

  private refuse({ topic, partition, offset }: InboundRecord, code: string, detail: string): void {
    this.options.onRefused?.({ topic, partition, offset, code, detail });
  }
}

interface Handled {
  readonly type: RecordType;
  readonly handler: Handler<never>;
}

const handledBy = ({ intelligence, outcome }: SubscriberOptions): readonly Handled[] => [
  ...(intelligence ? [{ type: IntelligenceProduced, handler: intelligence as Handler<never> }] : []),
  ...(outcome ? [{ type: OutcomeRecorded, handler: outcome as Handler<never> }] : []),
];
