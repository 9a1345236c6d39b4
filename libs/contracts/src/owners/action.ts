// SPDX-License-Identifier: Apache-2.0
import { Type } from 'typebox';
import { type DataOf, record, topic } from '../declaration.js';
import { Instant, Sha256, Tier, Uuid } from '../fields.js';
import { CredentialRequested } from './identity.js';
import { exampleAction, exampleDigest, exampleIds } from './examples.js';

export const IntentRecorded = record({
  type: 'nervus.action.intent-recorded.v1',
  description: 'action is about to do exactly this; it waits for the receipt of audit before it does (tiers 2 and 3)',
  schema: Type.Object({ actionId: Uuid, runId: Uuid, digest: Sha256, jti: Uuid, tier: Tier, deadline: Instant }),
  required: ['actiondigest', 'tier', 'permit', 'decisionleaf'],
  examples: [{ actionId: exampleIds.action, runId: exampleIds.run, digest: exampleDigest, jti: exampleIds.request, tier: 2, deadline: '2026-11-24T10:15:00.000Z' }],
});
export type IntentRecorded = DataOf<typeof IntentRecorded>;

const Message = Type.Object({ sha256: Sha256, bytes: Type.Integer({ minimum: 0 }) });

export const OutcomeRecorded = record({
  type: 'nervus.action.outcome-recorded.v1',
  description: 'What came of a permitted action: succeeded, failed (certainly not done), or unknown until it is reconciled',
  schema: Type.Object({
    actionId: Uuid,
    runId: Uuid,
    tool: Type.String(),
    operation: Type.String(),
    target: Type.String({ maxLength: 2048 }),
    digest: Sha256,
    jti: Uuid,
    tier: Tier,
    result: Type.Union([Type.Literal('succeeded'), Type.Literal('failed'), Type.Literal('unknown')]),
    code: Type.String({ maxLength: 100, description: '`done`, `reconciled`, or the reason code' }),
    detail: Type.String({ maxLength: 1000 }),
    attempts: Type.Integer({ minimum: 0 }),
    idempotencyKey: Sha256,
    startedAt: Type.Optional(Instant),
    finishedAt: Instant,
    request: Type.Optional(Message),
    response: Type.Optional(Type.Object({ status: Type.Optional(Type.Integer()), sha256: Sha256, bytes: Type.Integer({ minimum: 0 }) })),
  }),
  required: ['actiondigest', 'tier', 'permit', 'decisionleaf', 'result'],
  optional: ['intentleaf'],
  examples: [
    {
      actionId: exampleIds.action, runId: exampleIds.run, tool: 'http', operation: 'request', target: exampleAction.target, digest: exampleDigest, jti: exampleIds.request, tier: 2, result: 'succeeded', code: 'done', detail: '201 Created',
      attempts: 1, idempotencyKey: exampleDigest, startedAt: '2026-11-24T10:00:01.000Z', finishedAt: '2026-11-24T10:00:01.200Z', request: { sha256: exampleDigest, bytes: 120 }, response: { status: 201, sha256: exampleDigest, bytes: 20 },
    },
  ],
});
export type OutcomeRecorded = DataOf<typeof OutcomeRecorded>;

export const PermitReturned = record({
  type: 'nervus.action.permit-returned.v1',
  description: 'A permit that can no longer be used; nothing was done. Not an outcome: approval rules again',
  schema: Type.Object({ actionId: Uuid, runId: Uuid, digest: Sha256, jti: Uuid, code: Type.Union([Type.Literal('permit_expired'), Type.Literal('policy_stale')]) }),
  required: ['actiondigest', 'tier', 'permit', 'decisionleaf'],
  optional: ['intentleaf'],
  examples: [{ actionId: exampleIds.action, runId: exampleIds.run, digest: exampleDigest, jti: exampleIds.request, code: 'permit_expired' }],
});
export type PermitReturned = DataOf<typeof PermitReturned>;

export const action = {
  intents: topic({ owner: 'action', stream: 'intents', description: 'Effects about to happen', key: '<tenant>/<run id>', records: [IntentRecorded], readers: { console: 'group' } }),
  outcomes: topic({ owner: 'action', stream: 'outcomes', description: 'What came of permitted actions', key: '<tenant>/<run id>', records: [OutcomeRecorded, PermitReturned], readers: { reasoning: 'group', approval: 'group', console: 'group' } }),
  credentialRequests: topic({ owner: 'action', stream: 'credential-requests', description: 'Requests for the credential of one permit', key: '<tenant>/<run id>', records: [CredentialRequested], readers: { identity: 'group' } }),
};
