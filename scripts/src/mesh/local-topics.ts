// SPDX-License-Identifier: Apache-2.0
import { createDeclaredTopics } from '@nervus/messaging';
import { createKafkaJsClient } from '@nervus/messaging-kafkajs';

/** Creates every declared topic that is missing. Existing ones stay as they are. */
export async function createLocalTopics(brokers: readonly string[], topicPrefix = ''): Promise<void> {
  const client = createKafkaJsClient({ brokers, clientId: 'nervus-launcher', log: () => undefined });
  const admin = await client.admin();
  try {
    await createDeclaredTopics(admin, topicPrefix);
  } finally {
    await admin.close();
  }
}
