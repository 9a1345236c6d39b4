// SPDX-License-Identifier: Apache-2.0
export type { AgentManifest, AgentTool } from './agent.js';
export { defaultExpiresIn, defaultHops, defaultInputBytes } from './agent.js';
export { type BrokenConstraint, brokenConstraints, type Constraint, constraintPointer, type Constraints, isFixedByManifest } from './constraints.js';
export { budgetsOf, type WorstCase, worstCaseOf } from './cost.js';
export { faultText, type ManifestFault } from './fault.js';
export { compileOutputSchema, type OutputSchema } from './output-schema.js';
export { operationOf } from './rules/check-proposals.js';
export type { Condition, ForecastRules, NewsRules, RiskRules, RulesFile, SignalRules, WatchedEntity, WatchList } from './rules/files.js';
export type { ParamTemplate, ProposalTemplate } from './rules/template.js';
export { type Agent, type AgentFiles, type Installation, manifestFile, type Validation, validateAgent } from './validate.js';
