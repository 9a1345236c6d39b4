// SPDX-License-Identifier: Apache-2.0
export { type Clock, systemClock } from './clock.js';
export type { ContentForm, OutgoingEvent } from './event-request.js';
export { PublishError } from './publish-error.js';
export { type Outcome, type Published, Publisher, type PublisherOptions, type PublishOptions } from './publisher.js';
