// SPDX-License-Identifier: Apache-2.0
export * from './access.js';
export * from './declaration.js';
export * from './exact-action.js';
export * from './fields.js';
export * from './headers.js';
export * from './ids.js';
export * from './owners/action.js';
export * from './owners/approval.js';
export * from './owners/audit.js';
export { GivenBy, ResumeRequested, StopRequested, VerdictGiven } from './owners/console.js';
export * from './owners/identity.js';
export * from './owners/ingestion.js';
export * from './owners/reasoning.js';
export * from './services.js';
export * from './tools/catalogue.js';
export * from './tools/descriptor.js';
export * from './tools/target-and-effect.js';
export * from './topics.js';
