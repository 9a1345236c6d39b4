// SPDX-License-Identifier: Apache-2.0
import type { ConnectionOptions } from 'node:tls';
import type { KafkaLog } from './log.js';

/** How a client says who it is. */
export type KafkaSasl =
  | { readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; readonly username: string; readonly password: string }
  /** `token` is asked for every connection, and again before the broker ends the session. */
  | { readonly mechanism: 'oauthbearer'; readonly token: () => Promise<string> };

/** How to reach the brokers: the same for every client library. */
export interface KafkaConnection {
  /** `host:port` of at least one broker. */
  readonly brokers: readonly string[];
  /** Named in the broker's logs and quotas, such as `approval-0`. */
  readonly clientId: string;
  /** TLS as for `node:tls`, or true for the system's trust store. */
  readonly ssl?: true | ConnectionOptions;
  readonly sasl?: KafkaSasl;
  readonly log: KafkaLog;
}
