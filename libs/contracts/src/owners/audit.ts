// SPDX-License-Identifier: Apache-2.0
import { Type } from 'typebox';
import { type DataOf, everyone, record, topic } from '../declaration.js';
import { Instant, Sha256, Uuid } from '../fields.js';
import { exampleDigest, exampleIds } from './examples.js';

export const BatchReceipted = record({
  type: 'nervus.audit.batch-receipted.v1',
  description: 'The entries of one append, in the order of the log, with the coordinates that they came from',
  schema: Type.Object({
    first: Type.Integer({ minimum: 0, description: 'index of the first entry' }),
    leaves: Type.Array(Type.Tuple([Sha256, Type.String(), Type.Integer({ minimum: 0 }), Type.String({ pattern: '^\\d+$' })]), { description: '[leaf hash, topic, partition, offset]' }),
  }),
  examples: [{ first: 0, leaves: [[exampleDigest, 'nervus.ingestion.signals.v1', 0, '0']] }],
});
export type BatchReceipted = DataOf<typeof BatchReceipted>;

export const IntentReceipted = record({
  type: 'nervus.audit.intent-receipted.v1',
  description: 'The promise that an intent is in the log at this index, after the decision that it names: the effect may happen',
  schema: Type.Object({ actionId: Uuid, runId: Uuid, index: Type.Integer({ minimum: 0 }), leaf: Sha256 }),
  examples: [{ actionId: exampleIds.action, runId: exampleIds.run, index: 12, leaf: exampleDigest }],
});
export type IntentReceipted = DataOf<typeof IntentReceipted>;

export const CheckpointSigned = record({
  type: 'nervus.audit.checkpoint-signed.v1',
  description: 'Size and root of the log, signed by the key of the log (C2SP tlog-checkpoint)',
  schema: Type.Object({ size: Type.Integer({ minimum: 0 }), root: Sha256, note: Type.String({ maxLength: 4096 }) }),
  examples: [{ size: 0, root: exampleDigest, note: 'log.nervus.local\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— log.nervus.local AAAA\n' }],
});
export type CheckpointSigned = DataOf<typeof CheckpointSigned>;

export const FindingRaised = record({
  type: 'nervus.audit.finding-raised.v1',
  description: 'Something that should not be: a broken rule, a gap, a forgery, or that one was mended',
  schema: Type.Object({
    findingId: Uuid,
    rule: Type.String({ maxLength: 20, description: '`R1` to `R9`, or `capture`' }),
    code: Type.String({ maxLength: 100 }),
    status: Type.Union([Type.Literal('open'), Type.Literal('filled'), Type.Literal('recovered'), Type.Literal('lost'), Type.Literal('closed')]),
    severity: Type.Union([Type.Literal('violation'), Type.Literal('warning'), Type.Literal('note')]),
    indexes: Type.Array(Type.Integer({ minimum: 0 }), { maxItems: 100 }),
    detail: Type.String({ maxLength: 1000 }),
    at: Instant,
  }),
  examples: [{ findingId: exampleIds.request, rule: 'R8', code: 'sequence_gap', status: 'open', severity: 'warning', indexes: [], detail: 'Numbers 4 to 6 of epoch 0193… are missing.', at: '2026-11-24T10:00:00.000Z' }],
});
export type FindingRaised = DataOf<typeof FindingRaised>;

export const audit = {
  receipts: topic({ owner: 'audit', stream: 'receipts', description: 'What is in the log, in its order', key: '`log`, or <tenant>/<run id>', tenantInKey: false, partitions: 1, records: [BatchReceipted, IntentReceipted], audited: false, readers: { action: 'broadcast' } }),
  checkpoints: topic({ owner: 'audit', stream: 'checkpoints', description: 'Signed sizes and roots of the log', key: '`log`', tenantInKey: false, partitions: 1, records: [CheckpointSigned], audited: false, readers: everyone('broadcast') }),
  findings: topic({ owner: 'audit', stream: 'findings', description: 'Broken rules, gaps, forgeries', key: 'finding id', tenantInKey: false, partitions: 1, records: [FindingRaised], readers: { console: 'group' } }),
};
