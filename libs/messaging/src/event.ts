// SPDX-License-Identifier: Apache-2.0
import type { RecordType, ServiceName, SignedExtension } from '@nervus/contracts';

/**
 * A record that is to be published: everything but number and signature, which are given at publish. This is what an
 * outbox holds. The value is JSON text, so that publishing it again yields the same bytes.
 */
export interface OutgoingEvent {
  /** `ce_id`. */
  readonly id: string;
  /** `ce_type`. */
  readonly type: string;
  /** Minor version of the type that the value was written under: an outbox may outlive the release that filled it. @default 0 */
  readonly minor?: number;
  /** Topic without prefix. */
  readonly topic: string;
  /** Whole record key, `<tenant>/<id>` or, for what belongs to the installation, `<id>`. */
  readonly key: string;
  readonly tenant?: string;
  readonly subject?: string;
  /** `ce_time`, RFC 3339. */
  readonly time: string;
  /** Id of the first signal. */
  readonly correlationId: string;
  readonly causationId?: string;
  readonly hops: number;
  /** W3C traceparent at creation; signed. */
  readonly traceparent?: string;
  readonly extensions: Readonly<Partial<Record<SignedExtension, string>>>;
  /** Null writes a tombstone. */
  readonly value: string | null;
}

/** What Kafka acknowledged of one published event. */
export interface PublishReceipt {
  /** `ce_id`. */
  readonly id: string;
  /** `<epoch>.<n>` as signed. */
  readonly sequence: string;
  /** base64url leaf hash, as the log will hold it. Computed when it is asked for. */
  readonly leaf: string;
}

/** A record that was verified and decoded. */
export interface Received<T> {
  readonly id: string;
  readonly type: string;
  /** Topic without prefix. */
  readonly topic: string;
  readonly key: string;
  readonly tenant?: string;
  readonly subject?: string;
  readonly time: string;
  readonly correlationId: string;
  readonly causationId?: string;
  readonly hops: number;
  readonly traceparent?: string;
  readonly extensions: Readonly<Partial<Record<SignedExtension, string>>>;
  readonly data: T;
  /** Where it stands, with the broker's append time in milliseconds. */
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: bigint; readonly appendedAt: number };
  /**
   * Who signed it. `possession`, of an enrolment alone: the sender holds the key, and service and SPIFFE ID are no more
   * than what it says of itself.
   */
  readonly producer: { readonly service: ServiceName; readonly spiffeId: string; readonly kid: string; readonly proof: 'workload' | 'possession' };
  /** `<epoch>.<n>` as signed. */
  readonly sequence: string;
  /** base64url leaf hash, as the log will hold it. Computed when it is asked for. */
  readonly leaf: string;
}

/** A record whose value is null: the entity under its key is gone. */
export type Tombstone = Received<null>;

/** The value of a record type, as its handlers receive it. */
export type ReceivedOf<R extends RecordType> = Received<import('@nervus/contracts').DataOf<R>>;
