// SPDX-License-Identifier: Apache-2.0
//
// Invariant: a record is shown to a view only after the key history was read to the end seen at start, and every view
// was shown all of its topic up to that end before `loaded` resolves. Workload keys come first, then revocations, then
// the rest, because each is judged by those before it.
import { type DataOf, type RecordType, type ServiceName, type TopicDeclaration, RevocationIssued, physicalName, topicOf, topics, topicsReadBy } from '@nervus/contracts';
import type { RecordVerifier, TrustBundle, WorkloadDirectory } from '@nervus/trust';
import { pause, within } from '../bounded.js';
import type { Clock } from '../clock.js';
import { Engine } from '../engine/engine.js';
import type { PartitionGauges } from '../engine/engine-metrics.js';
import type { Lease } from '../engine/lease.js';
import { LeaseRevokedError, PermanentError, UntrustedRecordError, asError } from '../errors.js';
import type { Received, Tombstone } from '../event.js';
import { decodeRecord } from '../middleware/decode.js';
import type { Quarantine } from '../middleware/quarantine.js';
import { verify } from '../middleware/verify-signature.js';
import type { Admin, InboundRecord, KafkaClient, PartitionEnds } from '../port.js';
import { LoadProgress } from './load-progress.js';
import { WorkloadTable } from './workload-table.js';

/** Who reads which tables, and in which group, which is that of one process. */
export interface TableReader {
  /** For messages. */
  readonly name: string;
  readonly groupId: string;
  /** Read from the beginning. */
  readonly tables: readonly TopicDeclaration[];
  /** Read from now on. */
  readonly broadcasts: readonly TopicDeclaration[];
}

/**
 * What a service declares to read.
 * @param epoch UUIDv7 of the process: its group is its own
 */
export const serviceReader = (service: ServiceName, topicPrefix: string, epoch: string): TableReader => ({
  name: service, groupId: `${topicPrefix}${service}.table.${epoch}`, tables: topicsReadBy(service, 'table'), broadcasts: topicsReadBy(service, 'broadcast'),
});

export interface TablesOptions {
  readonly client: KafkaClient;
  /** Whose tables: those of a service (`serviceReader`), or of somebody outside. */
  readonly reader: TableReader;
  readonly topicPrefix: string;
  readonly clock: Clock;
  readonly bundle: TrustBundle;
  /** Filled from `identity.workloads` and `identity.revocations`. */
  readonly directory: WorkloadDirectory;
  /** Over that directory. */
  readonly verifier: Pick<RecordVerifier, 'verify'>;
  readonly quarantine: Pick<Quarantine, 'report'>;
  /** The client died or a view threw: what the process knows is no longer what it should know. */
  readonly onFatal: (error: Error) => void;
  /** Milliseconds without a record after which a table that ends in removed records counts as read. @default 10000 */
  readonly quietMs?: number;
}

type View = (event: Received<unknown>) => void | Promise<void>;

/** All compacted and broadcast topics of a reader, in one consumer that is never committed. */
export class Tables {
  private readonly views = new Map<string, { readonly events: View[]; readonly tombstones: ((event: Tombstone) => void | Promise<void>)[] }>();
  private readonly workloadListeners: ((kid: string) => void)[] = [];
  private readonly workloads: WorkloadTable;
  private readonly progress = new LoadProgress();
  private readonly groupId: string;
  private readonly workloadsTopic: string;
  private readonly revocationsTopic: string;
  private engine: Engine | undefined;
  private admin: Admin | undefined;
  private lastRecordAt = 0;
  private readonly keysLoaded = Promise.withResolvers<void>();
  private readonly trustLoaded = Promise.withResolvers<void>();
  private readonly allLoaded = Promise.withResolvers<void>();
  private catching: { readonly running: Promise<void>; next?: Promise<void> } | undefined;
  private closing: Promise<void> | undefined;

  constructor(private readonly options: TablesOptions) {
    const { topicPrefix } = options;
    this.groupId = options.reader.groupId;
    this.workloadsTopic = physicalName(topics.identity.workloads, topicPrefix);
    this.revocationsTopic = physicalName(topics.identity.revocations, topicPrefix);
    this.workloads = new WorkloadTable({ ...options, onAccepted: (record) => this.onWorkloadRecord(record), onRefused: (record, error) => this.refuse(record, error) });
    this.on(RevocationIssued, (event) => void options.directory.revoke(event.data), (event) => options.directory.revocations.remove(event.key));
  }

  /** Resolves when every table was shown to its views up to the ends seen at start. */
  get loaded(): Promise<void> {
    return this.allLoaded.promise;
  }

  /**
   * Shows a view all records of a type: a table from its beginning, a broadcast from now on. To be called before start.
   * @param tombstone told of keys that are gone; without it they are ignored
   * @throws TypeError when the reader does not read that topic as table or broadcast, or after start
   */
  on<R extends RecordType>(type: R, view: (event: Received<DataOf<R>>) => void | Promise<void>, tombstone?: (event: Tombstone) => void | Promise<void>): void {
    const declaration = topicOf(type);
    const { name, tables, broadcasts } = this.options.reader;
    if (![...tables, ...broadcasts].includes(declaration)) throw new TypeError(`${name} does not read ${declaration.name} as a table or a broadcast, which a view needs`);
    if (this.engine) throw new TypeError(`a view of ${type.type} was added after the start: it would miss what was shown before`);
    const views = this.views.get(type.type) ?? { events: [], tombstones: [] };
    this.views.set(type.type, views);
    views.events.push(view as View);
    if (tombstone) views.tombstones.push(tombstone);
  }

  /** Told of every kid that comes into the directory, changes in it or leaves it. */
  onWorkload(listener: (kid: string) => void): void {
    this.workloadListeners.push(listener);
  }

  /** Joins and begins to load; resolves once it reads. Await {@link loaded} for the rest. */
  async start(): Promise<void> {
    const { client, reader, topicPrefix, clock, onFatal } = this.options;
    const tables = reader.tables.map((declaration) => physicalName(declaration, topicPrefix));
    const broadcasts = reader.broadcasts.map((declaration) => physicalName(declaration, topicPrefix));
    const batch = (records: readonly InboundRecord[], lease: Lease): Promise<void> => this.take(records, lease);
    this.engine = new Engine({
      client,
      groupId: this.groupId,
      subscriptions: [...tables.map((topic) => ({ topic, from: 'beginning' as const, handle: { batch } })), ...broadcasts.map((topic) => ({ topic, from: 'end' as const, handle: { batch } }))],
      clock,
      onFatal,
      commitEveryMs: 'never',
      ephemeral: true,
      // A topic that waits for the keys must not stop the fetching of the keys; what is loaded stays in memory anyway.
      limits: { maxRecords: 1_000_000, maxAhead: 1_000_000, maxBytes: 512 * 1024 * 1024 },
    });
    this.admin = await client.admin();
    const ends = new Map(await Promise.all(tables.map(async (topic) => [topic, await this.admin!.endOffsets(topic)] as const)));
    await this.engine.start();
    this.lastRecordAt = clock.now();
    this.load(ends).catch((error: unknown) => {
      if (!this.closing) onFatal(asError(error));
    });
  }

  /** Resolves when the key history has been read to its end of now. Calls of one moment share one question. */
  catchUp(): Promise<void> {
    const { catching } = this;
    // A question that is already out may have been answered before the key of this caller was written: ask the next.
    if (catching) return (catching.next ??= catching.running.catch(() => undefined).then(() => this.catchUp()));
    const running = this.readKeysToEnd().finally(() => {
      this.catching = undefined;
    });
    this.catching = { running };
    return running;
  }

  gauges(): PartitionGauges[] {
    return this.engine?.gauges() ?? [];
  }

  /** Ends the reading and removes the group. Takes at most `drainMs` and a few seconds; never rejects. */
  close(options: { readonly drainMs: number }): Promise<void> {
    this.closing ??= this.end(options.drainMs);
    return this.closing;
  }

  private async end(drainMs: number): Promise<void> {
    const { clock } = this.options;
    await this.engine?.close({ drainMs });
    if (!this.admin) return;
    await within(this.admin.deleteGroup(this.groupId), 2000, clock, 'removing the group of the tables').catch(() => undefined);
    await within(this.admin.close(), 1000, clock, 'closing the admin client').catch(() => undefined);
  }

  private async load(ends: ReadonlyMap<string, readonly PartitionEnds[]>): Promise<void> {
    await this.read(ends.get(this.workloadsTopic) ?? []);
    this.keysLoaded.resolve();
    await this.read(ends.get(this.revocationsTopic) ?? []);
    this.trustLoaded.resolve();
    await this.read([...ends.values()].flat());
    this.allLoaded.resolve();
  }

  /**
   * Waits until the ends are reached. A table whose newest records were compacted away has an end that no record
   * reaches: it counts as read when the broker answers and nothing has come for a while.
   */
  private async read(ends: readonly PartitionEnds[]): Promise<void> {
    const { clock, quietMs = 10_000 } = this.options;
    const reached = this.progress.reaches(ends);
    while (this.progress.missing(ends).length > 0 && !this.closing) {
      await Promise.race([reached, pause(quietMs, clock)]);
      if (this.progress.missing(ends).length === 0 || clock.now() - this.lastRecordAt < quietMs) continue;
      const answered = await within(this.admin!.endOffsets(this.workloadsTopic), quietMs, clock, 'the end offsets').then(
        () => true,
        () => false,
      );
      if (answered && clock.now() - this.lastRecordAt >= quietMs) for (const end of this.progress.missing(ends)) this.progress.advance(end, end.high);
    }
  }

  private async readKeysToEnd(): Promise<void> {
    if (!this.admin) throw new TypeError('the tables are not started');
    await this.progress.reaches(await this.admin.endOffsets(this.workloadsTopic));
  }

  private async take(records: readonly InboundRecord[], lease: Lease): Promise<void> {
    const [first] = records;
    const last = records.at(-1);
    if (!first || !last) return;
    this.lastRecordAt = this.options.clock.now();
    if (first.topic === this.workloadsTopic) for (const record of records) this.workloads.accept(record);
    else {
      await (first.topic === this.revocationsTopic ? this.keysLoaded : this.trustLoaded).promise;
      for (const record of records) await this.show(record, lease);
    }
    this.progress.advance(last, last.offset + 1n);
  }

  private async show(record: InboundRecord, lease: Lease): Promise<void> {
    let received: Received<unknown>;
    try {
      const verification = await verify(record, lease.signal, { ...this.options, catchUp: () => this.catchUp() });
      received = decodeRecord(record, verification);
    } catch (error) {
      if (error instanceof LeaseRevokedError) throw error;
      return this.refuse(record, error instanceof UntrustedRecordError ? error : new UntrustedRecordError(error instanceof PermanentError ? error.code : 'undecodable', asError(error).message, {}, { cause: error }));
    }
    await this.tell(received);
  }

  private async tell(received: Received<unknown>): Promise<void> {
    const views = this.views.get(received.type);
    if (!views) return;
    if (received.data === null) for (const view of views.tombstones) await view(received as Tombstone);
    else for (const view of views.events) await view(received);
  }

  /** The directory has it already; those who list workloads see it like any other table. */
  private onWorkloadRecord(record: InboundRecord): void {
    const kid = record.key?.toString('utf8') ?? '';
    for (const listener of this.workloadListeners) listener(kid);
    const verification = this.options.verifier.verify(record);
    if (verification.state !== 'verified' || !this.views.has(topics.identity.workloads.records[0]!.type)) return;
    this.tell(decodeRecord(record, verification)).catch((error: unknown) => this.options.onFatal(asError(error)));
  }

  /** Not awaited: while the process is starting there is no key to sign the report with. */
  private refuse(record: InboundRecord, error: UntrustedRecordError): void {
    void this.options.quarantine.report(record, error);
  }
}
