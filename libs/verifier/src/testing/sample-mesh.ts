// SPDX-License-Identifier: Apache-2.0
// A mesh in memory that signs like the real one: a root, identity with its proof, workloads, epochs and numbers.
import { headerNames, type ServiceName, services, topicOf, type RecordType, type SignedExtension, WorkloadChanged, ownTopics, derivedId, EnrolmentRequested } from '@nervus/contracts';
import { entryOf, formatSequence, issueRootProof, type LogEntry, leafOf, type RecordBytes, signBatch, type TrustBundle, WorkloadKey } from '@nervus/trust';
import type { StoredPayload } from '../log/payload-bundle.js';

export const sampleStart = Date.parse('2026-11-24T10:00:00.000Z');

/** A record as audit reads it. */
export interface SampleRecord {
  readonly record: RecordBytes;
  readonly entry: LogEntry;
  readonly leaf: string;
  readonly payload: StoredPayload;
}

export interface SampleEvent {
  readonly type: RecordType;
  readonly key: string;
  readonly id: string;
  readonly data: object | null;
  readonly tenant?: string;
  readonly extensions?: Partial<Record<SignedExtension, string>>;
  /** Milliseconds since the epoch. @default the mesh's clock */
  readonly at?: number;
}

/** One producing process. */
export class SampleProcess {
  readonly spiffeId: string;
  next = 0;
  highestAcked = -1;

  constructor(
    private readonly mesh: SampleMesh,
    readonly service: ServiceName,
    readonly epoch: string,
    public key: WorkloadKey,
  ) {
    this.spiffeId = `spiffe://nervus.local/service/${service}`;
  }

  /** Signs these events as one batch and gives the records. */
  write(...events: readonly SampleEvent[]): SampleRecord[] {
    const at = events.map((event) => event.at ?? this.mesh.now);
    const unsigned = events.map((event, i): RecordBytes => {
      const topic = topicOf(event.type);
      const headers: Record<string, string> = {
        ce_id: event.id, ce_source: this.spiffeId, ce_type: event.type.type, ce_specversion: '1.0', ce_time: new Date(at[i] ?? 0).toISOString(), 'content-type': 'application/json', ce_correlationid: event.id, ce_hops: '0',
        ...(topic.tenantInKey && { ce_tenantid: event.tenant ?? 'default' }),
        ...Object.fromEntries(Object.entries(event.extensions ?? {}).map(([name, value]) => [`ce_${name}`, value])),
        [headerNames.sequence]: formatSequence({ epoch: this.epoch, n: this.next++ }),
      };
      return {
        topic: this.mesh.topicPrefix + topic.name, key: Buffer.from(topic.tenantInKey ? `${event.tenant ?? 'default'}/${event.key}` : event.key), value: event.data && Buffer.from(JSON.stringify(event.data)),
        headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)])),
      };
    });
    const signatures = signBatch(unsigned, this.key);
    return unsigned.map((record, i) => {
      const signed = { ...record, headers: { ...record.headers, ...signatures[i] } };
      return { record: signed, entry: entryOf(signed), leaf: leafOf(signed), payload: { partition: 0, offset: this.mesh.nextOffset(), appendedAt: at[i] ?? 0, value: signed.value } };
    });
  }

  beat(state: 'opened' | 'beating' | 'closed', more: { stopEpoch?: number; sealed?: readonly { epoch: string; kid: string }[]; ackedThrough?: number } = {}): SampleRecord[] {
    const { HeartbeatBeaten } = ownTopics(this.service);
    const data = { epoch: this.epoch, state, at: new Date(this.mesh.now).toISOString(), ackedThrough: more.ackedThrough ?? this.next - 1, stopEpoch: more.stopEpoch ?? 0, checkpointSeen: 0, sealed: more.sealed ?? [] };
    return this.write({ type: HeartbeatBeaten, key: this.epoch, id: derivedId('beat', this.epoch, String(this.next)), data });
  }
}

/** Root, identity and one process of each service. */
export class SampleMesh {
  now = sampleStart;
  readonly root = WorkloadKey.generate();
  readonly trust: TrustBundle;
  readonly processes = new Map<ServiceName, SampleProcess>();
  private offset = 0n;
  private epochs = 0;

  constructor(readonly topicPrefix = '') {
    this.trust = { trustDomain: 'nervus.local', rootKeys: [this.root.publicJwk], enrolmentKey: WorkloadKey.generate().publicJwk, version: 1 };
  }

  nextOffset(): bigint {
    return this.offset++;
  }

  newEpoch(): string {
    return `0193f3a0-0000-7000-8000-${String(this.epochs++).padStart(12, '0')}`;
  }

  of(service: ServiceName): SampleProcess {
    const process = this.processes.get(service);
    if (!process) throw new Error(`${service} was not started`);
    return process;
  }

  /** The records with which the services become known: identity first, then an enrolment and a workload entry each. */
  start(...which: readonly ServiceName[]): SampleRecord[] {
    return (which.length === 0 ? services : which).flatMap((service) => this.enrol(service));
  }

  /** A new process of a service, with a key of its own. */
  enrol(service: ServiceName): SampleRecord[] {
    const process = new SampleProcess(this, service, this.newEpoch(), WorkloadKey.generate());
    this.processes.set(service, process);
    const enrolment = process.write(this.enrolmentOf(process));
    return [...(service === 'identity' ? [] : enrolment), ...this.introduce(process), ...(service === 'identity' ? enrolment : []), ...process.beat('opened')];
  }

  enrolmentOf({ key, service, epoch }: SampleProcess): SampleEvent {
    return { type: EnrolmentRequested, key: key.kid, id: derivedId('enrolment', key.kid), data: { kid: key.kid, jwk: key.publicJwk, service, epoch, evidence: 'a.b.c.d.e' } };
  }

  /** identity's record about a key: valid for an hour from now. */
  introduce({ key, service, spiffeId }: SampleProcess, more: object = {}): SampleRecord[] {
    const facts = { kid: key.kid, spiffeId, service, jwk: key.publicJwk, notBefore: new Date(this.now - 1000).toISOString(), notAfter: new Date(this.now + 3_600_000).toISOString() };
    const proof = service === 'identity' ? { rootProof: issueRootProof(facts, this.root) } : {};
    return this.of('identity').write({ type: WorkloadChanged, key: key.kid, id: derivedId('workload', key.kid), data: { ...facts, attestation: { kind: 'launcher', rule: 'test', subject: service }, version: 1, ...proof, ...more } });
  }
}
