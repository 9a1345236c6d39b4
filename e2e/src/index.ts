// SPDX-License-Identifier: Apache-2.0
export { layLoadFolders, loadSources, webhookKey } from './folders.js';
export { readTopics, type StoredRecord } from './topic-reader.js';
export { waitUntil } from './wait-until.js';
