// SPDX-License-Identifier: Apache-2.0
export { infrastructureMode } from './infrastructure-mode.js';
export { Installation, type InstallationOptions } from './installation.js';
export { administratorTls, administratorVariables, brokerSecurity, declaredRules, kafkaAudience, kafkaEnvironment } from './kafka-access.js';
export { createLocalTopics } from './local-topics.js';
export { Mesh, type MeshOptions } from './mesh.js';
export { freePort } from './ports.js';
export { handOutSeats, type HandedOut, sampleSeats, type Seat } from './seats.js';
export { deskPort, samplePlace, type SamplePlace } from './sample-place.js';
export { ServiceProcess } from './service-process.js';
export { type AppliedEffect, Sink, type SinkCounts } from './sink.js';
export { launcherIssuer, TokenIssuer, type TokenIssuerOptions } from './token-issuer.js';
