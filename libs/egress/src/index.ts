// SPDX-License-Identifier: Apache-2.0
export { EgressError } from './errors.js';
export type { EgressErrorCode, EgressErrorDetails } from './errors.js';
export { createEgress } from './egress.js';
export type { Egress, EgressOptions, EgressRequest, EgressResponse } from './egress.js';
export { checkRule } from './rule.js';
export type { EgressRule } from './rule.js';
export { guardedLookup, systemResolver } from './lookup.js';
export type { Resolver } from './lookup.js';
