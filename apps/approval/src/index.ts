// SPDX-License-Identifier: Apache-2.0
export { ruleOnProposal } from './domain/rule-on-proposal.js';
