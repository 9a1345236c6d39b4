// SPDX-License-Identifier: Apache-2.0
import type { Static, TSchema } from 'typebox';
import type { SignedExtension } from './headers.js';
import { type ServiceName, services } from './services.js';
import { type Upcaster, checkUpcasters } from './upcast.js';

const minute = 60_000;
const day = 24 * 60 * minute;

/** Copies of each partition that production keeps, and how many must have a record before it counts as written. One node runs with 1 and 1. */
export const productionReplication = { factor: 3, minInSync: 2 } as const;

/** How long records of a topic are kept, in milliseconds. */
export const retention = { pulses: 10 * minute, short: day, streams: 30 * day, forever: -1 } as const;

/** One kind of record: its CloudEvents type, the schema of its JSON value and at least one example. */
export interface RecordType<S extends TSchema = TSchema> {
  /** `nervus.<owner>.<what-happened>.v<major>`, the CloudEvents `type`. */
  readonly type: string;
  /** Additive version inside the major one, as in `ce_dataschema`. */
  readonly minor: number;
  readonly description: string;
  readonly schema: S;
  /** Signed headers the producer must set beside the common ones, and those it may. */
  readonly extensions: { readonly required: readonly SignedExtension[]; readonly optional: readonly SignedExtension[] };
  /** Valid values; released ones are stored under `released/` and must decode for ever. */
  readonly examples: readonly Static<S>[];
  /** How values of earlier minor versions become those of this one, in order; none when every version only added. */
  readonly upcasters: readonly Upcaster[];
}

/** The static type of a record's value. */
export type DataOf<R extends RecordType> = Static<R['schema']>;

/** How a service reads a topic: shared among its processes, as a table from the start, or by each process from the end. */
export type Reading = 'group' | 'table' | 'broadcast';

/** Readers of a topic that all services read in one way. */
export const everyone = (reading: Reading): Partial<Record<ServiceName, Reading>> => Object.fromEntries(services.map((service) => [service, reading]));

export interface TopicDeclaration {
  /** `nervus.<owner>.<stream>.v<major>`, without the configured prefix. */
  readonly name: string;
  readonly owner: ServiceName;
  readonly stream: string;
  readonly description: string;
  /** What the record key is, for people; its first part is the tenant unless the topic belongs to the installation. */
  readonly key: string;
  readonly tenantInKey: boolean;
  readonly cleanup: 'delete' | 'compact';
  readonly partitions: number;
  /** Milliseconds; -1 keeps records until they are compacted away. */
  readonly retentionMs: number;
  readonly order: 'key' | 'strict';
  /** In production; a single local broker keeps one copy. */
  readonly replication: { readonly factor: number; readonly minInSync: number };
  /** The owner, and for enrolments everyone. */
  readonly producers: readonly ServiceName[];
  readonly readers: Readonly<Partial<Record<ServiceName, Reading>>>;
  /** False for what audit does not log: its receipts and checkpoints, pulses, dead letters. */
  readonly audited: boolean;
  /** True for dead-letter topics: they hold copies of other topics' records under their own origin. */
  readonly copies: boolean;
  readonly records: readonly RecordType[];
}

/**
 * Declares a record type.
 * @throws TypeError when its upcasters do not lead from the first minor version to this one
 */
export function record<const S extends TSchema>(declaration: {
  type: string;
  description: string;
  schema: S;
  examples: readonly [Static<S>, ...Static<S>[]];
  required?: readonly SignedExtension[];
  optional?: readonly SignedExtension[];
  minor?: number;
  upcasters?: readonly Upcaster[];
}): RecordType<S> {
  const type = {
    type: declaration.type,
    minor: declaration.minor ?? 0,
    description: declaration.description,
    schema: declaration.schema,
    extensions: { required: declaration.required ?? [], optional: declaration.optional ?? [] },
    examples: declaration.examples,
    upcasters: declaration.upcasters ?? [],
  };
  checkUpcasters(type);
  return type;
}

/** Declares a topic with the local defaults: 3 partitions for streams, 1 for compacted and broadcast topics. */
export function topic(declaration: {
  owner: ServiceName;
  stream: string;
  description: string;
  key: string;
  records: readonly RecordType[];
  readers?: Readonly<Partial<Record<ServiceName, Reading>>>;
  major?: number;
  tenantInKey?: boolean;
  cleanup?: 'delete' | 'compact';
  partitions?: number;
  retentionMs?: number;
  order?: 'key' | 'strict';
  replication?: TopicDeclaration['replication'];
  producers?: readonly ServiceName[];
  audited?: boolean;
  copies?: boolean;
}): TopicDeclaration {
  const cleanup = declaration.cleanup ?? 'delete';
  return {
    name: `nervus.${declaration.owner}.${declaration.stream}.v${declaration.major ?? 1}`,
    owner: declaration.owner,
    stream: declaration.stream,
    description: declaration.description,
    key: declaration.key,
    tenantInKey: declaration.tenantInKey ?? true,
    cleanup,
    partitions: declaration.partitions ?? (cleanup === 'compact' ? 1 : 3),
    retentionMs: declaration.retentionMs ?? (cleanup === 'compact' ? retention.forever : retention.streams),
    order: declaration.order ?? 'key',
    replication: declaration.replication ?? productionReplication,
    producers: declaration.producers ?? [declaration.owner],
    readers: declaration.readers ?? {},
    audited: declaration.audited ?? true,
    copies: declaration.copies ?? false,
    records: declaration.records,
  };
}
