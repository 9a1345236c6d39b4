// SPDX-License-Identifier: Apache-2.0
import type { ServiceName } from '@nervus/contracts';
import type { InboundRecord, KafkaClient } from '@nervus/messaging';
import { letterOf, ServiceClock } from '@nervus/service-kit';
import type { LetterPlace } from '../domain/dead-letter-row.js';

/** A record as people look at it: text where it is text, nothing executed, cut where it is long. */
export interface LetterContent {
  readonly key: string | null;
  /** UTF-8 text; bytes that are none are shown as U+FFFD. Null for a tombstone. */
  readonly value: string | null;
  /** True when only the beginning of the value is here. */
  readonly cut: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

const longestValue = 64 * 1024;
const longestHeader = 4 * 1024;

/** Reads dead letters from their topics when somebody looks: the console keeps no copy of what they hold. */
export class LetterContents {
  constructor(
    private readonly client: KafkaClient,
    private readonly topicPrefix: string,
    private readonly clock: ServiceClock,
  ) {}

  /** Undefined when its retention is over. */
  async of({ service, partition, offset }: LetterPlace & { readonly service: ServiceName }): Promise<LetterContent | undefined> {
    const record = await letterOf({ service: 'console', topicPrefix: this.topicPrefix, client: this.client, clock: this.clock }, service, partition, BigInt(offset));
    return record && contentOf(record);
  }
}

function contentOf({ key, value, headers }: InboundRecord): LetterContent {
  const text = Object.entries(headers).map(([name, found]) => [name, [found].flat().map((one) => one.subarray(0, longestHeader).toString('utf8')).join(', ')] as const);
  return { key: key?.toString('utf8') ?? null, value: value?.subarray(0, longestValue).toString('utf8') ?? null, cut: (value?.length ?? 0) > longestValue, headers: Object.fromEntries(text) };
}
