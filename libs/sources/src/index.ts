// SPDX-License-Identifier: Apache-2.0
export { checkSource, defaultTenant, isOfKind, type Source, sourceKey, SourceManifest, type SourceOf, type SpecOf } from './manifest/source-manifest.js';
export type { SourceFault } from './manifest/source-faults.js';
export { type ManifestTextFault, type ReadSource, readSource, textOfFault } from './manifest/read-source.js';
export { Refusal } from './refusal.js';
export { bodyBounds, type InboundEvent, longest, mostBodyBytes, rawOf, sha256, type Signal, signalOf } from './signal.js';
export { parseSecret, toleranceSeconds, verifyStandardWebhook } from './signatures/standard-webhooks.js';
export { type ContentMode, contentModeOf } from './http/content-mode.js';
export { type Inbound, inboundOf, type InboundRequest } from './http/inbound.js';
export { type FeedItem, FeedUnreadable, readFeed } from './feed/parse-feed.js';
export { asRecordedItem, feedItemEvent, recordedItemEvent } from './feed/item-event.js';
