// SPDX-License-Identifier: Apache-2.0
export { type Folders, layLoadFolders, loadSources, repositoryRoot, webhookKey } from './folders.js';
export { readTopics, type StoredRecord } from './topic-reader.js';
export { verifyCopy, whatWasFound } from './verify-copy.js';
export { waitUntil } from './wait-until.js';
