// SPDX-License-Identifier: Apache-2.0
import { createDeclaredTopics } from '@nervus/messaging';
import type { KafkaConnection } from '@nervus/messaging/adapter';
import { createKafkaJsClient } from '@nervus/messaging-kafkajs';

export interface LocalTopicsOptions {
  /** @default one copy */
  readonly replication?: { readonly factor: number; readonly minInSync: number };
  /** How the administrator of a secure broker proves who it is. */
  readonly ssl?: NonNullable<KafkaConnection['ssl']>;
}

/** Creates every declared topic that is missing. Existing ones stay as they are. */
export async function createLocalTopics(brokers: readonly string[], topicPrefix = '', { replication, ssl }: LocalTopicsOptions = {}): Promise<void> {
  const client = createKafkaJsClient({ brokers, clientId: 'nervus-launcher', log: () => undefined, ...(ssl && { ssl }) });
  const admin = await client.admin();
  try {
    await createDeclaredTopics(admin, topicPrefix, replication);
  } finally {
    await admin.close();
  }
}
