// SPDX-License-Identifier: Apache-2.0
import { type Static, Type } from 'typebox';
import { type DataOf, record, topic } from '../declaration.js';
import { Instant, Sha256, Uuid } from '../fields.js';
import { StopScope } from './approval.js';
import { exampleDigest, exampleIds } from './examples.js';

/** Who gave a command, as the console knows it; approval maps the account to a person in its own registry. */
export const GivenBy = Type.Object({
  account: Type.Object({ issuer: Type.String({ maxLength: 500 }), subject: Type.String({ maxLength: 200 }) }),
  session: Type.String({ maxLength: 100, description: 'hash of the session id' }),
  authenticatedAt: Instant,
});
export type GivenBy = Static<typeof GivenBy>;

const by = { account: { issuer: 'launcher', subject: 'nora' }, session: exampleDigest, authenticatedAt: '2026-11-24T09:59:00.000Z' };

export const VerdictGiven = record({
  type: 'nervus.console.verdict-given.v1',
  description: 'What one reviewer said to a request, bound to the revision and to the evidence that was shown',
  schema: Type.Object({
    commandId: Uuid,
    requestId: Uuid,
    revision: Type.Integer({ minimum: 1 }),
    nonce: Type.String({ maxLength: 64 }),
    verdict: Type.Union([Type.Literal('approve'), Type.Literal('reject')]),
    digest: Sha256,
    evidenceHash: Sha256,
    reason: Type.String({ maxLength: 2000 }),
    by: GivenBy,
  }),
  examples: [{ commandId: exampleIds.command, requestId: exampleIds.request, revision: 1, nonce: 'b64nonce', verdict: 'approve', digest: exampleDigest, evidenceHash: exampleDigest, reason: 'Checked against the exposure report.', by }],
});
export type VerdictGiven = DataOf<typeof VerdictGiven>;

export const StopRequested = record({
  type: 'nervus.console.stop-requested.v1',
  description: 'One person throws a kill switch',
  schema: Type.Object({ commandId: Uuid, scope: StopScope, reason: Type.String({ minLength: 1, maxLength: 2000 }), by: GivenBy }),
  examples: [{ commandId: exampleIds.command, scope: { kind: 'all' }, reason: 'Alerts about a test feed.', by }],
});
export type StopRequested = DataOf<typeof StopRequested>;

export const ResumeRequested = record({
  type: 'nervus.console.resume-requested.v1',
  description: 'One of the two persons who lift a stop',
  schema: Type.Object({ commandId: Uuid, stopId: Uuid, reason: Type.String({ minLength: 1, maxLength: 2000 }), by: GivenBy }),
  examples: [{ commandId: exampleIds.command, stopId: exampleIds.request, reason: 'The feed was mended.', by }],
});
export type ResumeRequested = DataOf<typeof ResumeRequested>;

export const console = {
  commands: topic({ owner: 'console', stream: 'commands', description: 'What people want done', key: '<tenant>/<id of what it is about>', records: [VerdictGiven, StopRequested, ResumeRequested], readers: { approval: 'group', reasoning: 'group', action: 'group', identity: 'group', ingestion: 'group', audit: 'group' } }),
};
