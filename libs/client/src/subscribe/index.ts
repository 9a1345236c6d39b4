// SPDX-License-Identifier: Apache-2.0
export { type Handler, type HandlerContext, type RefusedRecord, Subscriber, type SubscriberOptions } from './subscriber.js';
export type { IntelligenceProduced, OutcomeRecorded } from '@nervus/contracts';
export type { Received } from '@nervus/messaging';
