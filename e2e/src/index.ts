// SPDX-License-Identifier: Apache-2.0
export { faultFindings } from './faults/findings.js';
export type { GroundFigures } from './faults/ground-run.js';
export type { ScenarioFigures } from './faults/scenario-run.js';
export { type Folders, layLoadFolders, loadSources, repositoryRoot, webhookKey } from './folders.js';
export { readTopics, type StoredRecord } from './topic-reader.js';
export { verifyCopy, whatWasFound } from './verify-copy.js';
export { waitUntil } from './wait-until.js';
