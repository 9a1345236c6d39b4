// SPDX-License-Identifier: Apache-2.0
export { replicationOf, type Replication } from './cluster.js';
export { InfrastructureError, type InfrastructureErrorCode } from './errors.js';
export type { AccessRule, Authentication, BrokerName, BrokerSecurity, ClientCredentials, DatabaseInfo, Infrastructure, InfrastructureMode, InfrastructureOptions, KafkaAccess, KafkaInfo, Ports, ServerName } from './options.js';
export { defaultPorts } from './ports.js';
export { startInfrastructure } from './start.js';
