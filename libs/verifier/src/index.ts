// SPDX-License-Identifier: Apache-2.0
export { NumberSet } from './sequences/number-set.js';
export type { NumberRange } from './sequences/number-set.js';
export { ProducerSequences } from './sequences/producer-sequences.js';
export type { EpochState, Gap, HeartbeatFacts } from './sequences/producer-sequences.js';
export type { Finding, Rule } from './finding.js';
export type { Predecessor } from './rules/authority.js';
export type { RuleEntry } from './rules/rule-entry.js';
export { Rules } from './rules/rules.js';
