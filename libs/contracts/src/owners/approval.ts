// SPDX-License-Identifier: Apache-2.0
import { type Static, Type } from 'typebox';
import { type DataOf, record, retention, topic } from '../declaration.js';
import { ExactAction } from '../exact-action.js';
import { CompactJose, Instant, Label, Name, Sha256, Tier, Uuid } from '../fields.js';
import { exampleAction, exampleDigest, exampleIds, exampleJose } from './examples.js';
import { Cited } from './reasoning.js';

/** The policy set in force: its number and the hash of its bytes. */
export const PolicySetReference = Type.Object({ v: Type.Integer({ minimum: 1 }), h: Sha256 });
export type PolicySetReference = Static<typeof PolicySetReference>;

/** What a stop covers: everything of the tenant, one agent, or one tool (`slack.post`). */
export const StopScope = Type.Union([
  Type.Object({ kind: Type.Literal('all') }),
  Type.Object({ kind: Type.Literal('agent'), name: Name }),
  Type.Object({ kind: Type.Literal('tool'), name: Type.String({ pattern: '^[a-z0-9-]+\\.[a-z0-9-]+$' }) }),
]);

export type StopScope = Static<typeof StopScope>;

/** How sure a verdict must prove who gave it. */
export const Proof = Type.Union([Type.Literal('session'), Type.Literal('passkey'), Type.Literal('device')]);

export const RiskRow = Type.Object({ row: Type.String({ maxLength: 100 }), score: Type.Integer(), because: Type.String({ maxLength: 300 }) });
export type RiskRow = Static<typeof RiskRow>;

export const Vote = Type.Object({
  person: Type.String({ maxLength: 200 }),
  verdict: Type.Union([Type.Literal('approve'), Type.Literal('reject')]),
  at: Instant,
  reason: Type.String({ maxLength: 2000 }),
  groups: Type.Array(Type.String({ maxLength: 200 })),
  proof: Proof,
  commandId: Uuid,
});
export type Vote = Static<typeof Vote>;

/** Everything a reviewer is shown; its JCS form is hashed, and the verdict names that hash. At most 128 KiB. */
export const EvidencePacket = Type.Object({
  v: Type.Literal(1),
  action: ExactAction,
  digest: Sha256,
  labels: Type.Record(Type.String({ maxLength: 256 }), Label),
  control: Type.Array(Type.String(), { description: 'pointers of the parameters that decide where and what kind' }),
  tier: Tier,
  risk: Type.Object({ score: Type.Integer(), rows: Type.Array(RiskRow) }),
  policies: Type.Array(Type.String(), { description: 'ids of the policies that asked for people' }),
  policySet: PolicySetReference,
  confidence: Type.Number(),
  reasons: Type.Array(Cited),
  against: Type.Array(Cited),
  sources: Type.Array(Type.Object({ eventId: Uuid, title: Type.String(), excerpt: Type.String(), link: Type.Optional(Type.String()) })),
  flags: Type.Array(Type.String({ maxLength: 200 }), { description: 'tainted control parameters, invisible characters, instructions in quoted text' }),
  reversible: Type.Boolean(),
  owner: Type.String(),
});
export type EvidencePacket = Static<typeof EvidencePacket>;

export const RequestChanged = record({
  type: 'nervus.approval.request-changed.v1',
  description: 'A question to people: what is asked, who may answer, what was said, how it ended',
  schema: Type.Object({
    requestId: Uuid,
    version: Type.Integer({ minimum: 1 }),
    revision: Type.Integer({ minimum: 1 }),
    nonce: Type.String({ maxLength: 64 }),
    state: Type.Union([Type.Literal('open'), Type.Literal('permitted'), Type.Literal('refused'), Type.Literal('expired'), Type.Literal('superseded')]),
    code: Type.Optional(Type.String({ maxLength: 100 })),
    packet: EvidencePacket,
    evidenceHash: Sha256,
    approvers: Type.Array(Type.String({ maxLength: 200 }), { description: '`group:<id>`: a verdict from each' }),
    quorum: Type.Integer({ minimum: 1 }),
    proof: Proof,
    votes: Type.Array(Vote),
    openedAt: Instant,
    expiresAt: Instant,
  }),
  examples: [
    {
      requestId: exampleIds.request, version: 1, revision: 1, nonce: 'b64nonce', state: 'open',
      packet: {
        v: 1, action: exampleAction, digest: exampleDigest, labels: {}, control: ['/url'], tier: 2, risk: { score: 40, rows: [{ row: 'effect', score: 40, because: 'irreversible' }] }, policies: ['http-needs-people'],
        policySet: { v: 1, h: exampleDigest }, confidence: 0.8, reasons: [], against: [], sources: [], flags: [], reversible: false, owner: 'group:risk-desk',
      },
      evidenceHash: exampleDigest, approvers: ['group:risk-reviewers'], quorum: 1, proof: 'session', votes: [], openedAt: '2026-11-24T10:00:00.000Z', expiresAt: '2026-11-24T14:00:00.000Z',
    },
  ],
});
export type RequestChanged = DataOf<typeof RequestChanged>;

export const DecisionMade = record({
  type: 'nervus.approval.decision-made.v1',
  description: 'The final word on a proposal; when permitted, with the single-use permit',
  schema: Type.Object({
    result: Type.Union([Type.Literal('permitted'), Type.Literal('refused'), Type.Literal('expired')]),
    code: Type.String({ maxLength: 100, description: '`automatic`, `approved`, or the reason of a refusal' }),
    action: ExactAction,
    digest: Sha256,
    tier: Tier,
    risk: Type.Object({ score: Type.Integer(), rows: Type.Array(RiskRow) }),
    policies: Type.Array(Type.String()),
    policySet: PolicySetReference,
    registryVersion: Type.Integer({ minimum: 0 }),
    ruling: Type.Integer({ minimum: 1, description: 'how often this action was ruled on; a returned permit is ruled again' }),
    request: Type.Optional(Type.Object({ requestId: Uuid, revision: Type.Integer({ minimum: 1 }), votes: Type.Array(Vote), evidenceHash: Sha256 })),
    permit: Type.Optional(CompactJose),
  }),
  required: ['actiondigest', 'tier'],
  optional: ['permit', 'persons'],
  examples: [
    {
      result: 'permitted', code: 'automatic', action: exampleAction, digest: exampleDigest, tier: 1, risk: { score: 10, rows: [] }, policies: ['alerts-alone'], policySet: { v: 1, h: exampleDigest }, registryVersion: 1, ruling: 1,
      permit: exampleJose,
    },
  ],
});
export type DecisionMade = DataOf<typeof DecisionMade>;

export const StopChanged = record({
  type: 'nervus.approval.stop-changed.v1',
  description: 'A kill switch was thrown or lifted',
  schema: Type.Object({
    stopId: Uuid,
    tenant: Type.String(),
    scope: StopScope,
    epoch: Type.Integer({ minimum: 1 }),
    active: Type.Boolean(),
    reason: Type.String({ maxLength: 2000 }),
    by: Type.Array(Type.String({ maxLength: 200 })),
    at: Instant,
    version: Type.Integer({ minimum: 1 }),
  }),
  required: ['stop'],
  examples: [{ stopId: exampleIds.command, tenant: 'default', scope: { kind: 'agent', name: 'market-news' }, epoch: 4, active: true, reason: 'Alerts about a test feed.', by: ['person:olga'], at: '2026-11-24T10:00:00.000Z', version: 1 }],
});
export type StopChanged = DataOf<typeof StopChanged>;

export const PulseBeaten = record({
  type: 'nervus.approval.pulse-beaten.v1',
  description: 'The stops and the policy set in force right now, so that enforcers know how old their view is',
  schema: Type.Object({ epoch: Type.Integer({ minimum: 0 }), stopsHash: Sha256, policyVersion: Type.Integer({ minimum: 1 }), at: Instant }),
  examples: [{ epoch: 4, stopsHash: exampleDigest, policyVersion: 1, at: '2026-11-24T10:00:00.000Z' }],
});
export type PulseBeaten = DataOf<typeof PulseBeaten>;

export const PolicySetActivated = record({
  type: 'nervus.approval.policy-set-activated.v1',
  description: 'Another policy set is in force from now on',
  schema: Type.Object({ version: Type.Integer({ minimum: 1 }), hash: Sha256, by: Type.Array(Type.String({ maxLength: 200 })), at: Instant }),
  examples: [{ version: 1, hash: exampleDigest, by: ['installation'], at: '2026-11-24T10:00:00.000Z' }],
});
export type PolicySetActivated = DataOf<typeof PolicySetActivated>;

export const approval = {
  requests: topic({ owner: 'approval', stream: 'requests', description: 'Questions to people', key: '<tenant>/<request id>', cleanup: 'compact', partitions: 3, records: [RequestChanged], readers: { console: 'group' } }),
  decisions: topic({ owner: 'approval', stream: 'decisions', description: 'Decisions, with permits', key: '<tenant>/<run id>', records: [DecisionMade], readers: { action: 'group', reasoning: 'group', console: 'group' } }),
  stops: topic({ owner: 'approval', stream: 'stops', description: 'Stops, active and lifted', key: '<tenant>/<stop id>', cleanup: 'compact', records: [StopChanged], readers: { approval: 'table', action: 'table', reasoning: 'table', identity: 'table', console: 'table' } }),
  pulses: topic({ owner: 'approval', stream: 'pulses', description: 'How new the view of stops and policies is', key: '`pulse`', tenantInKey: false, partitions: 1, retentionMs: retention.pulses, records: [PulseBeaten], audited: false, readers: { action: 'broadcast', reasoning: 'broadcast', identity: 'broadcast', console: 'broadcast' } }),
  policies: topic({ owner: 'approval', stream: 'policies', description: 'The policy set in force', key: '`policy-set`', tenantInKey: false, cleanup: 'compact', records: [PolicySetActivated], readers: { approval: 'table', action: 'table', identity: 'table', console: 'table' } }),
};
