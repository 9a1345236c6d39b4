// SPDX-License-Identifier: Apache-2.0
import { Type } from 'typebox';
import { type DataOf, record, topic } from '../declaration.js';
import { AgentReference, ExactAction } from '../exact-action.js';
import { DataClass, Instant, Json, Label, Name, Sha256, SourcePointer, Trust, Uuid } from '../fields.js';
import { exampleAction, exampleDigest, exampleIds } from './examples.js';

/** A statement with the places that support it. */
export const Cited = Type.Object({ text: Type.String({ maxLength: 8192 }), src: Type.Array(SourcePointer, { maxItems: 32 }) });

export const AgentChanged = record({
  type: 'nervus.reasoning.agent-changed.v1',
  description: 'The manifest of an agent in force, with its digest',
  schema: Type.Object({
    name: Name,
    version: Type.String(),
    digest: Sha256,
    owner: Type.String({ maxLength: 200, description: '`person:<id>` or `group:<id>`; may not approve what the agent asks for' }),
    editors: Type.Array(Type.String({ maxLength: 200 }), { maxItems: 64 }),
    enabled: Type.Boolean(),
    manifest: Json,
    recordVersion: Type.Integer({ minimum: 1, description: 'monotonic per agent; proposals name it' }),
  }),
  examples: [{ name: 'market-news', version: '1.0.0', digest: exampleDigest, owner: 'group:risk-desk', editors: ['person:olga'], enabled: true, manifest: { kind: 'Agent' }, recordVersion: 1 }],
});
export type AgentChanged = DataOf<typeof AgentChanged>;

export const RunChanged = record({
  type: 'nervus.reasoning.run-changed.v1',
  description: "A run's state after a step",
  schema: Type.Object({
    runId: Uuid,
    agent: AgentReference,
    trigger: Type.Object({ eventId: Uuid, kind: Type.String(), source: Type.String(), subject: Type.String() }),
    state: Type.Union([
      Type.Literal('running'), Type.Literal('waiting'), Type.Literal('completed'), Type.Literal('failed'), Type.Literal('stopped'), Type.Literal('expired'), Type.Literal('over_budget'),
    ]),
    reason: Type.Optional(Type.String({ maxLength: 500 })),
    waitingFor: Type.Optional(Type.Array(Uuid, { maxItems: 64, description: 'action ids without an outcome' })),
    steps: Type.Array(
      Type.Object({
        n: Type.Integer({ minimum: 0 }), kind: Type.String({ maxLength: 50 }), at: Instant, inputHash: Type.Optional(Sha256), summary: Type.String({ maxLength: 500 }),
        usage: Type.Optional(Type.Object({ inputTokens: Type.Integer(), outputTokens: Type.Integer(), model: Type.String() })),
      }),
      { maxItems: 64 },
    ),
    startedAt: Instant,
    version: Type.Integer({ minimum: 1 }),
  }),
  examples: [
    {
      runId: exampleIds.run, agent: exampleAction.agent, trigger: { eventId: exampleIds.signal, kind: 'feed.item', source: 'central-banks', subject: 'central-banks' }, state: 'completed',
      steps: [{ n: 0, kind: 'perceive', at: '2026-11-24T10:00:00.000Z', summary: 'new item' }], startedAt: '2026-11-24T10:00:00.000Z', version: 2,
    },
  ],
});
export type RunChanged = DataOf<typeof RunChanged>;

export const IntelligenceProduced = record({
  type: 'nervus.reasoning.intelligence-produced.v1',
  description: 'What an agent concluded, for other services to read',
  schema: Type.Object({
    intelligenceId: Uuid,
    runId: Uuid,
    agent: AgentReference,
    kind: Type.Union([Type.Literal('brief'), Type.Literal('risk-reading'), Type.Literal('anomaly'), Type.Literal('forecast')]),
    subject: Type.String({ maxLength: 256 }),
    title: Type.String({ maxLength: 300 }),
    severity: Type.Integer({ minimum: 0, maximum: 100 }),
    statements: Type.Array(Cited, { maxItems: 64 }),
    data: Json,
    trust: Trust,
    class: DataClass,
  }),
  examples: [
    {
      intelligenceId: '3a2b1c0d-5e6f-5a7b-8c9d-0e1f2a3b4c5d', runId: exampleIds.run, agent: exampleAction.agent, kind: 'brief', subject: 'central-banks', title: 'Policy rate unchanged', severity: 20,
      statements: [{ text: 'The council kept its key rate.', src: [`${exampleIds.signal}#/content/summary`] }], data: { entities: [] }, trust: 'untrusted', class: 'internal',
    },
  ],
});
export type IntelligenceProduced = DataOf<typeof IntelligenceProduced>;

export const ProposalMade = record({
  type: 'nervus.reasoning.proposal-made.v1',
  description: 'One exact action that an agent wants done; nothing has happened yet',
  schema: Type.Object({
    action: ExactAction,
    labels: Type.Record(Type.String({ maxLength: 256 }), Label, { description: 'by JSON Pointer into action.params; every top-level parameter has one' }),
    confidence: Type.Number({ minimum: 0, maximum: 1 }),
    reasons: Type.Array(Cited, { maxItems: 16 }),
    against: Type.Array(Cited, { maxItems: 16 }),
    sources: Type.Array(Type.Object({ eventId: Uuid, title: Type.String({ maxLength: 300 }), excerpt: Type.String({ maxLength: 2000 }), link: Type.Optional(Type.String({ maxLength: 2000 })) }), { maxItems: 16 }),
    contextHash: Sha256,
    agentRecordVersion: Type.Integer({ minimum: 1 }),
    expiresAt: Instant,
  }),
  required: ['actiondigest'],
  examples: [
    {
      action: exampleAction, labels: { '/url': { src: [], trust: 'owner', class: 'internal' } }, confidence: 0.8, reasons: [{ text: 'Severity 90.', src: [`${exampleIds.signal}#/content`] }], against: [],
      sources: [{ eventId: exampleIds.signal, title: 'Default of a large bank', excerpt: 'The bank failed to pay.' }], contextHash: exampleDigest, agentRecordVersion: 1, expiresAt: '2026-11-24T16:00:00.000Z',
    },
  ],
});
export type ProposalMade = DataOf<typeof ProposalMade>;

export const reasoning = {
  agents: topic({ owner: 'reasoning', stream: 'agents', description: 'Agents in force', key: '<tenant>/<agent name>', cleanup: 'compact', records: [AgentChanged], readers: { reasoning: 'table', approval: 'table', identity: 'table', console: 'table' } }),
  runs: topic({ owner: 'reasoning', stream: 'runs', description: 'Runs and their steps', key: '<tenant>/<run id>', records: [RunChanged], readers: { console: 'group' } }),
  intelligence: topic({ owner: 'reasoning', stream: 'intelligence', description: 'Conclusions of agents', key: '<tenant>/<subject>', records: [IntelligenceProduced], readers: { console: 'group' } }),
  proposals: topic({ owner: 'reasoning', stream: 'proposals', description: 'Exact actions that agents want done', key: '<tenant>/<run id>', records: [ProposalMade], readers: { approval: 'group' } }),
};
