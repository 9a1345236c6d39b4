// SPDX-License-Identifier: Apache-2.0
import { findTopic } from '@nervus/contracts';
import type { DeadLetter } from '@nervus/messaging';
import { TopicPrefix } from '@nervus/service-kit';
import { Injectable } from '@nestjs/common';
import { ReadModels } from '../adapters/read-models.js';
import { keptMs } from '../domain/action-chain.js';
import { type DeadLetterRow, installationTenant, letterId } from '../domain/dead-letter-row.js';

/** Records keep their key in full; what is longer is cut for the list. */
const longestKey = 300;
const longestMessage = 1000;

/** A service gave a record up: list it. Nothing of its value is kept here; it stays in the dead-letter topic. */
@Injectable()
export class RecordDeadLetter {
  constructor(
    private readonly models: ReadModels,
    private readonly topics: TopicPrefix,
  ) {}

  async handle(letter: DeadLetter): Promise<void> {
    const row = this.rowOf(letter);
    const id = letterId({ service: row.service, partition: row.partition, offset: row.offset });
    await this.models.deadLetters.apply(id, id, (current) => (current ? 'unchanged' : { state: row, events: [] }));
  }

  private rowOf({ record, verification, reason }: DeadLetter): DeadLetterRow {
    const originTopic = this.topics.without(verification.origin?.topic ?? record.topic);
    const key = record.key?.toString('utf8') ?? '';
    const tenantInKey = findTopic(originTopic)?.tenantInKey ?? false;
    const type = record.headers['ce_type'];
    return {
      tenant: tenantInKey ? (key.split('/')[0] ?? '') : installationTenant,
      service: findTopic(this.topics.without(record.topic))?.owner ?? 'unknown',
      partition: record.partition,
      offset: String(record.offset),
      at: record.timestamp,
      originTopic,
      key: key.slice(0, longestKey),
      type: Buffer.isBuffer(type) ? type.toString('utf8').slice(0, longestKey) : '',
      code: reason?.code ?? 'unknown',
      message: (reason?.message ?? '').slice(0, longestMessage),
      attempts: reason?.attempts ?? 0,
      firstAt: reason?.firstAt ?? null,
      lastAt: reason?.lastAt ?? null,
      bytes: (record.value?.length ?? 0) + (record.key?.length ?? 0),
      fate: null,
      sort: -record.timestamp,
      forgetAt: record.timestamp + keptMs,
    };
  }
}
