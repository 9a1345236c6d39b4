// SPDX-License-Identifier: Apache-2.0
import { type Static, Type } from 'typebox';
import { type DataOf, record, topic } from '../declaration.js';
import { Instant, Json, Name, Sha256, Uuid } from '../fields.js';
import { services } from '../services.js';
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

const Service = Type.Enum([...services], { description: 'who is to carry it out' });
const Reason = Type.String({ minLength: 1, maxLength: 2000 });
const Offset = Type.String({ pattern: '^\\d{1,19}$', description: 'offset in the partition, decimal' });
const letter = { commandId: Uuid, service: Service, partition: Type.Integer({ minimum: 0 }), offset: Offset, reason: Reason, by: GivenBy };

export const RedriveRequested = record({
  type: 'nervus.console.redrive-requested.v1',
  description: 'A service is to handle one of its dead letters again',
  schema: Type.Object(letter),
  examples: [{ commandId: exampleIds.command, service: 'action', partition: 0, offset: '17', reason: 'The target was mended.', by }],
});
export type RedriveRequested = DataOf<typeof RedriveRequested>;

export const DiscardRequested = record({
  type: 'nervus.console.discard-requested.v1',
  description: 'A dead letter is given up for good: nobody will handle it',
  schema: Type.Object(letter),
  examples: [{ commandId: exampleIds.command, service: 'action', partition: 0, offset: '17', reason: 'The order was cancelled by telephone.', by }],
});
export type DiscardRequested = DataOf<typeof DiscardRequested>;

export const ReplayRequested = record({
  type: 'nervus.console.replay-requested.v1',
  description: 'A service is to handle records of one of its inputs again; what it has applied already changes nothing. Its place in that topic stays where it is',
  schema: Type.Object({
    commandId: Uuid,
    service: Service,
    topic: Type.String({ maxLength: 200, description: 'name of the topic, without prefix' }),
    from: Instant,
    to: Instant,
    key: Type.Optional(Type.String({ maxLength: 500, description: 'only records with this key' })),
    dryRun: Type.Boolean({ description: 'count them and do nothing' }),
    reason: Reason,
    by: GivenBy,
  }),
  examples: [
    { commandId: exampleIds.command, service: 'reasoning', topic: 'nervus.ingestion.signals.v1', from: '2026-11-24T09:00:00.000Z', to: '2026-11-24T09:30:00.000Z', key: 'default/ACME', dryRun: false, reason: 'A rule was wrong in release 0.3.1.', by },
  ],
});
export type ReplayRequested = DataOf<typeof ReplayRequested>;

export const SourceApplyRequested = record({
  type: 'nervus.console.source-apply-requested.v1',
  description: 'A source is to stand as this manifest says',
  schema: Type.Object({
    commandId: Uuid,
    manifest: Type.Record(Type.String(), Json, { description: 'a Source; secrets by name, path tokens by hash' }),
    dryRun: Type.Boolean({ description: 'check it against what stands and change nothing' }),
    reason: Reason,
    by: GivenBy,
  }),
  examples: [
    {
      commandId: exampleIds.command,
      manifest: { apiVersion: 'nervus.dev/v1', kind: 'Source', metadata: { name: 'orders', owner: 'group:shop-desk' }, spec: { kind: 'webhook', auth: { kind: 'github', secretFiles: ['orders.secret'] }, subject: { constant: 'orders' }, class: 'internal' } },
      dryRun: false, reason: 'The shop goes live.', by,
    },
  ],
});
export type SourceApplyRequested = DataOf<typeof SourceApplyRequested>;

export const SourcePauseRequested = record({
  type: 'nervus.console.source-pause-requested.v1',
  description: 'A source is to take nothing for a while, or to go on',
  schema: Type.Object({ commandId: Uuid, name: Name, paused: Type.Boolean({ description: 'false: it goes on' }), reason: Reason, by: GivenBy }),
  examples: [{ commandId: exampleIds.command, name: 'orders', paused: true, reason: 'The shop sends every order twice.', by }],
});
export type SourcePauseRequested = DataOf<typeof SourcePauseRequested>;

const everyTaker = { approval: 'group', reasoning: 'group', action: 'group', identity: 'group', ingestion: 'group', console: 'group', audit: 'group' } as const;

export const console = {
  commands: topic({ owner: 'console', stream: 'commands', description: 'What people want done', key: '<tenant>/<id of what it is about>', records: [VerdictGiven, StopRequested, ResumeRequested, RedriveRequested, DiscardRequested, ReplayRequested, SourceApplyRequested, SourcePauseRequested], readers: everyTaker }),
};
