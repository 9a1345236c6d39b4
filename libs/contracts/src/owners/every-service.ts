// SPDX-License-Identifier: Apache-2.0
import { Type } from 'typebox';
import { everyone, record, retention, topic } from '../declaration.js';
import { Instant, Kid, Sha256, Uuid } from '../fields.js';
import type { ServiceName } from '../services.js';

const sampleDigest = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU';

const Heartbeat = Type.Object({
  epoch: Uuid,
  state: Type.Union([Type.Literal('opened'), Type.Literal('beating'), Type.Literal('closed')]),
  at: Instant,
  ackedThrough: Type.Integer({ minimum: -1, description: 'highest number of this epoch below which all were acknowledged by Kafka; -1 none' }),
  stopEpoch: Type.Integer({ minimum: 0, description: 'stop epoch that this process enforces' }),
  checkpointSeen: Type.Integer({ minimum: 0, description: 'size of the newest checkpoint seen: bounds the time of this record from below' }),
  sealed: Type.Array(Type.Object({ epoch: Uuid, kid: Kid }), { description: 'dead epochs of this service whose outboxes were drained' }),
});

const Answer = Type.Object({
  commandId: Uuid,
  code: Type.String({ maxLength: 100, description: '`accepted`, or the reason code of a refusal' }),
  status: Type.Integer({ minimum: 200, maximum: 599, description: 'the HTTP status that says the same' }),
  detail: Type.String({ maxLength: 2000 }),
});

const Quarantined = Type.Object({
  topic: Type.String(),
  partition: Type.Integer({ minimum: 0 }),
  offset: Type.String({ pattern: '^\\d+$' }),
  appendedAt: Instant,
  group: Type.String(),
  keyDigest: Sha256,
  valueDigest: Sha256,
  kid: Type.Optional(Type.String({ maxLength: 100 })),
  code: Type.String({ maxLength: 100 }),
  detail: Type.String({ maxLength: 1000 }),
  suppressed: Type.Integer({ minimum: 0, description: 'further records refused since the last report, beyond the rate limit' }),
});

/**
 * Where a record goes that could not be handled now, one step after the other; after the last it is dead-lettered.
 * Milliseconds until it is tried again.
 */
export const retrySteps = [
  { stream: 'retry-1m', delayMs: 60_000, inWords: 'a minute' },
  { stream: 'retry-10m', delayMs: 600_000, inWords: 'ten minutes' },
  { stream: 'retry-1h', delayMs: 3_600_000, inWords: 'an hour' },
] as const;

/** The topics that every service has for itself: heartbeats, retries, dead letters, quarantine, and answers where it takes commands. */
export function everyService(service: ServiceName) {
  const HeartbeatBeaten = record({
    type: `nervus.${service}.heartbeat-beaten.v1`,
    description: 'A process says that it lives and how far its records were acknowledged; audit finds lost tails with it',
    schema: Heartbeat,
    examples: [{ epoch: '0193f3a0-0000-7000-8000-000000000000', state: 'beating', at: '2026-11-24T10:00:00.000Z', ackedThrough: 41, stopEpoch: 3, checkpointSeen: 1200, sealed: [] }],
  });
  const CommandAnswered = record({
    type: `nervus.${service}.command-answered.v1`,
    description: 'What became of a command or an enrolment',
    schema: Answer,
    examples: [{ commandId: '0193f3a0-0000-7000-8000-000000000001', code: 'separation_of_duties', status: 403, detail: 'The owner of an agent may not approve its actions.' }],
  });
  const RecordQuarantined = record({
    type: `nervus.${service}.record-quarantined.v1`,
    description: 'A record that no one may act upon: who refused it, where it stands and why',
    schema: Quarantined,
    examples: [
      {
        topic: 'nervus.approval.decisions.v1', partition: 0, offset: '17', appendedAt: '2026-11-24T10:00:00.000Z', group: service, keyDigest: sampleDigest,
        valueDigest: sampleDigest, kid: sampleDigest, code: 'forged_record', detail: 'The signature does not fit the record.', suppressed: 0,
      },
    ],
  });
  return {
    HeartbeatBeaten,
    CommandAnswered,
    RecordQuarantined,
    heartbeats: topic({ owner: service, stream: 'heartbeats', description: `Signs of life of ${service}`, key: 'epoch', tenantInKey: false, partitions: 1, records: [HeartbeatBeaten], readers: { console: 'group' } }),
    answers: topic({
      owner: service, stream: 'answers', description: `What became of commands to ${service}`, key: 'command id', tenantInKey: false, partitions: 1, retentionMs: retention.short, records: [CommandAnswered],
      readers: service === 'identity' ? everyone('broadcast') : { console: 'broadcast' },
    }),
    retries: retrySteps.map(({ stream, inWords }) =>
      topic({
        owner: service, stream, description: `Records that ${service} handles again ${inWords} later, byte for byte`, key: 'as the original', partitions: 1, records: [], audited: false, copies: true,
        readers: { [service]: 'group' },
      }),
    ),
    deadLetters: topic({
      owner: service, stream: 'dlq', description: `Records that ${service} could not handle, byte for byte, with the reason`, key: 'as the original', partitions: 1, records: [], audited: false, copies: true,
      readers: { [service]: 'group', console: 'group' },
    }),
    quarantine: topic({ owner: service, stream: 'quarantine', description: `Reports of records that ${service} refused to trust`, key: 'topic', tenantInKey: false, partitions: 1, records: [RecordQuarantined] }),
  };
}
