// SPDX-License-Identifier: Apache-2.0
import { withoutPassword } from './describe.js';
import { InfrastructureError, messageOf } from './errors.js';
import { askDatabase, type DatabaseAnswer, describeCluster } from './readiness.js';

/** Milliseconds: an external server runs already, or not at all. */
const externalTimeoutMs = 5000;

/** Asks only for its metadata: nothing is written to a broker that is not ours. @throws InfrastructureError `broker_unreachable` */
export async function requireExternalBroker(brokers: readonly string[]): Promise<void> {
  try {
    await describeCluster({ brokers }, externalTimeoutMs);
  } catch (error) {
    throw new InfrastructureError('broker_unreachable', `The broker at ${brokers.join(',')} cannot be reached (${messageOf(error)}). Is it running, and does KAFKA_BROKERS name a plaintext listener of it? Without KAFKA_BROKERS a local one is started`, { brokers }, { cause: error });
  }
}

/** @throws InfrastructureError `database_unreachable` */
export async function requireExternalDatabase(uri: string): Promise<DatabaseAnswer> {
  try {
    return await askDatabase(uri, externalTimeoutMs);
  } catch (error) {
    const shown = withoutPassword(uri);
    throw new InfrastructureError('database_unreachable', `The database at ${shown} cannot be reached (${messageOf(error)}). Is it running, and are the name and password in MONGODB_URI right? Without MONGODB_URI a local one is started`, { uri: shown });
  }
}
