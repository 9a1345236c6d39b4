// SPDX-License-Identifier: Apache-2.0
export { checkSource, defaultTenant, isOfKind, isPushed, manifestOf, type Source, sourceKey, SourceManifest, type SourceOf, type SpecOf } from './manifest/source-manifest.js';
export type { Auth, SignedAuth } from './manifest/auth.js';
export type { SourceFault } from './manifest/source-faults.js';
export { type ManifestTextFault, type ReadSource, readSource, textOfFault } from './manifest/read-source.js';
export { schemaChangeFaults } from './manifest/schema-change.js';
export { sha256 } from './sha256.js';
export { Refusal } from './refusal.js';
export { bodyBounds, type InboundEvent, longest, mostBodyBytes, rawOf, type Signal, signalOf } from './signal.js';
export { checkSignature, secretOf } from './signatures/schemes.js';
export { type SignedRequest, toleranceSeconds } from './signatures/scheme.js';
export { type ContentMode, contentModeOf } from './http/content-mode.js';
export { type Delivery, deliveryOf, type Inbound, type InboundRequest } from './http/inbound.js';
export { corsHeaders, type EmptyAnswer, optionsAnswer } from './http/handshake.js';
export { dueTicks, nextFire } from './schedule/fire-times.js';
export { tickEvent } from './schedule/tick-event.js';
export { idOfNew, type Sample, tryEvent, type Tried } from './try-event.js';
export { type FeedItem, FeedUnreadable, readFeed } from './feed/parse-feed.js';
export { asRecordedItem, feedItemEvent, recordedItemEvent } from './feed/item-event.js';
