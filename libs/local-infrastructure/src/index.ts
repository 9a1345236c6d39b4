// SPDX-License-Identifier: Apache-2.0
export { InfrastructureError, type InfrastructureErrorCode } from './errors.js';
export type { DatabaseInfo, Infrastructure, InfrastructureMode, InfrastructureOptions, Ports, ServerName } from './options.js';
export { defaultPorts } from './ports.js';
export { startInfrastructure } from './start.js';
