// SPDX-License-Identifier: Apache-2.0
import { type Static, Type } from 'typebox';

export const ActionConfig = Type.Object({
  alertRoot: Type.String({ minLength: 1, description: 'folder of the alert log; each tenant has a folder of its own in it' }),
  destinations: Type.String({ default: '', env: 'NERVUS_ACTION_DESTINATIONS', description: 'path of the destinations (YAML or JSON): endpoints of webhook.send and hosts of http.request; empty means that nothing outside is reached' }),
  receiptWaitMs: Type.Integer({ default: 3_000, minimum: 100, maximum: 10_000, description: 'milliseconds for which an action of tier 2 or 3 waits for its receipt before it is put aside and taken up later' }),
  credentialWaitMs: Type.Integer({ default: 3_000, minimum: 100, maximum: 10_000, description: 'milliseconds for which an action waits for its credential before it is put aside and taken up later' }),
  auditSilentMinutes: Type.Integer({ default: 720, minimum: 1, maximum: 1_200, description: 'minutes without a checkpoint of audit after which actions of tier 0 and 1 are held too: what they do enters the log only if audit is back before Kafka lets it go, the shortest-lived records after a day' }),
  callSeconds: Type.Integer({ default: 15, minimum: 1, maximum: 20, description: 'longest time in seconds for all attempts of one call' }),
  concurrentPerTarget: Type.Integer({ default: 32, minimum: 1, maximum: 1_000, description: 'calls to one target at once, in each process' }),
  keptDays: Type.Integer({ default: 38, minimum: 31, maximum: 3_650, description: 'days for which an action that is over is remembered: longer than decisions are kept, or a replay could begin it again' }),
});
export type ActionConfig = Static<typeof ActionConfig>;
