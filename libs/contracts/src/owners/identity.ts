// SPDX-License-Identifier: Apache-2.0
import { Type } from 'typebox';
import { type DataOf, everyone, record, retention, topic } from '../declaration.js';
import { ExactAction } from '../exact-action.js';
import { CompactJose, Instant, Kid, PublicJwk, SpiffeId, Uuid } from '../fields.js';
import { services } from '../services.js';
import { exampleAction } from './examples.js';

const kid = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs';
const jwk = { kty: 'EC', crv: 'P-256', x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4', y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM' } as const;
const jose = 'eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl';

export const EnrolmentRequested = record({
  type: 'nervus.identity.enrolment-requested.v1',
  description: 'A process shows its new public key and proves where it runs. Signed by that very key: proof of possession, no more',
  schema: Type.Object({
    kid: Kid,
    jwk: PublicJwk,
    service: Type.String(),
    epoch: Uuid,
    evidence: Type.String({ pattern: '^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]*){4}$', description: 'JWE to the enrolment key; its plaintext holds the token and the thumbprint of the new key' }),
    renewal: Type.Optional(CompactJose),
  }),
  examples: [{ kid, jwk, service: 'action', epoch: '0193f3a0-0000-7000-8000-000000000000', evidence: 'eyJhbGciOiJFQ0RILUVTIn0..aXY.Y3Q.dGFn' }],
});
export type EnrolmentRequested = DataOf<typeof EnrolmentRequested>;

export const WorkloadChanged = record({
  type: 'nervus.identity.workload-changed.v1',
  description: 'One workload key and the times in which it may sign. identity proves its own by a signature of the pinned root',
  schema: Type.Object({
    kid: Kid,
    spiffeId: SpiffeId,
    service: Type.String(),
    jwk: PublicJwk,
    notBefore: Instant,
    notAfter: Instant,
    revokedAt: Type.Optional(Instant),
    attestation: Type.Object({ kind: Type.String(), rule: Type.String(), subject: Type.String() }),
    version: Type.Integer({ minimum: 1 }),
    rootProof: Type.Optional(CompactJose),
  }),
  examples: [
    {
      kid, spiffeId: 'spiffe://nervus.local/service/action', service: 'action', jwk, notBefore: '2026-11-24T10:00:00.000Z', notAfter: '2026-11-24T11:00:00.000Z',
      attestation: { kind: 'launcher', rule: 'local-launcher', subject: 'action' }, version: 1,
    },
  ],
});
export type WorkloadChanged = DataOf<typeof WorkloadChanged>;

export const RevocationIssued = record({
  type: 'nervus.identity.revocation-issued.v1',
  description: 'Something is no longer to be trusted from now on',
  schema: Type.Object({
    subject: Type.String({ maxLength: 300, description: '`workload:<kid>`, `permit:<jti>`, `token:<jti>`, `agent:<tenant>/<name>`' }),
    at: Instant,
    reason: Type.String({ maxLength: 500 }),
    expiresAt: Instant,
    version: Type.Integer({ minimum: 1 }),
  }),
  examples: [{ subject: `workload:${kid}`, at: '2026-11-24T10:10:00.000Z', reason: 'key copied to another process', expiresAt: '2026-12-31T00:00:00.000Z', version: 1 }],
});
export type RevocationIssued = DataOf<typeof RevocationIssued>;

export const CredentialRequested = record({
  type: 'nervus.action.credential-requested.v1',
  description: 'A GNAP grant request (RFC 9635 section 2) carried by a signed record: access for exactly one permit',
  schema: Type.Object({
    requestId: Uuid,
    runId: Uuid,
    actionId: Uuid,
    client: SpiffeId,
    access_token: Type.Object({
      access: Type.Array(
        Type.Object({ type: Type.Literal('nervus-tool'), actions: Type.Array(Type.String(), { minItems: 1, maxItems: 1 }), identifier: Uuid, locations: Type.Array(Type.String(), { minItems: 1, maxItems: 1 }) }),
        { minItems: 1, maxItems: 1 },
      ),
    }),
    nervus_permit: CompactJose,
    nervus_action: ExactAction,
    nervus_enc: PublicJwk,
  }),
  examples: [
    {
      requestId: '0193f3a0-0000-7000-8000-000000000009', runId: exampleAction.runId, actionId: exampleAction.actionId, client: 'spiffe://nervus.local/service/action',
      access_token: { access: [{ type: 'nervus-tool', actions: ['http.request'], identifier: exampleAction.actionId, locations: ['https://api.example.com'] }] },
      nervus_permit: jose, nervus_action: exampleAction, nervus_enc: jwk,
    },
  ],
});
export type CredentialRequested = DataOf<typeof CredentialRequested>;

export const CredentialAnswered = record({
  type: 'nervus.identity.credential-answered.v1',
  description: 'The credential, readable by the one ephemeral key that asked, or the reason why there is none',
  schema: Type.Object({
    requestId: Uuid,
    runId: Uuid,
    actionId: Uuid,
    outcome: Type.Union([Type.Literal('issued'), Type.Literal('refused')]),
    error: Type.Optional(Type.Object({ code: Type.String(), description: Type.String() })),
    jwe: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]*){4}$' })),
  }),
  examples: [{ requestId: '0193f3a0-0000-7000-8000-000000000009', runId: exampleAction.runId, actionId: exampleAction.actionId, outcome: 'refused', error: { code: 'digest_mismatch', description: 'The action is not the one that was permitted.' } }],
});
export type CredentialAnswered = DataOf<typeof CredentialAnswered>;

export const IdentityRecorded = record({
  type: 'nervus.identity.identity-recorded.v1',
  description: 'One mint, refusal, rotation or revocation, written together with the change itself',
  schema: Type.Object({
    what: Type.Union([
      Type.Literal('enrolled'), Type.Literal('enrolment-refused'), Type.Literal('renewed'), Type.Literal('revoked'), Type.Literal('credential-minted'), Type.Literal('credential-refused'), Type.Literal('key-rotated'),
    ]),
    subject: Type.String({ maxLength: 300, description: 'agent or workload' }),
    delegatedSubject: Type.Optional(Type.String({ maxLength: 300 })),
    resource: Type.Optional(Type.String({ maxLength: 2048 })),
    actionId: Type.Optional(Uuid),
    decision: Type.String({ maxLength: 100, description: '`granted` or the reason code' }),
    at: Instant,
    attestation: Type.Optional(Type.String({ maxLength: 300 })),
    cause: Type.Optional(Type.String({ maxLength: 500 })),
  }),
  examples: [{ what: 'enrolled', subject: 'spiffe://nervus.local/service/action', decision: 'granted', at: '2026-11-24T10:00:00.000Z', attestation: 'launcher/local-launcher' }],
});
export type IdentityRecorded = DataOf<typeof IdentityRecorded>;

export const identity = {
  enrolments: topic({ owner: 'identity', stream: 'enrolments', description: 'Processes asking to be known', key: 'kid', tenantInKey: false, partitions: 1, records: [EnrolmentRequested], producers: services, readers: { identity: 'group' } }),
  workloads: topic({ owner: 'identity', stream: 'workloads', description: 'Every workload key and when it may sign', key: 'kid', tenantInKey: false, cleanup: 'compact', records: [WorkloadChanged], readers: everyone('table') }),
  revocations: topic({ owner: 'identity', stream: 'revocations', description: 'What is no longer to be trusted', key: 'subject', tenantInKey: false, cleanup: 'compact', records: [RevocationIssued], readers: everyone('table') }),
  credentials: topic({ owner: 'identity', stream: 'credentials', description: 'Answers to credential requests', key: '<tenant>/<run id>', partitions: 1, retentionMs: retention.short, records: [CredentialAnswered], readers: { action: 'broadcast' } }),
  events: topic({ owner: 'identity', stream: 'events', description: 'Everything identity granted, refused or took back', key: '<tenant>/<subject>', records: [IdentityRecorded] }),
};
