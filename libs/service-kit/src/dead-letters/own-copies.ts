// SPDX-License-Identifier: Apache-2.0
import { ownTopics, physicalName, rootId, type ServiceName } from '@nervus/contracts';
import { type Clock, copyOf, type InboundRecord, type KafkaClient, noteHeader, type OffsetRange, type Publisher, readRecords, retryTopics } from '@nervus/messaging';

export interface OwnCopiesOptions {
  readonly service: ServiceName;
  readonly topicPrefix: string;
  readonly client: KafkaClient;
  readonly publisher: Pick<Publisher, 'sendRaw'>;
  readonly clock: Clock;
}

/** Milliseconds for reading records back: less than a handler has. */
const readMs = 20_000;
const atOnce = 500;

/** Reads what a service gave up or has read before, and has it handled again. */
export class OwnCopies {
  constructor(private readonly options: OwnCopiesOptions) {}

  /** A dead letter of this service; undefined when nothing stands there (any more). */
  async letter(partition: number, offset: bigint): Promise<InboundRecord | undefined> {
    return letterOf(this.options, this.options.service, partition, offset);
  }

  /** Records between two instants of their append, partition after partition, each in order. @param topic physical name */
  async between(topic: string, fromMs: number, toMs: number): Promise<readonly OffsetRange[]> {
    const admin = await this.options.client.admin();
    try {
      const [from, to] = [await admin.offsetsAt(topic, fromMs), await admin.offsetsAt(topic, toMs)];
      return from.flatMap((begin) => {
        const end = to.find(({ partition }) => partition === begin.partition);
        return end && end.offset > begin.offset ? [{ topic, partition: begin.partition, from: begin.offset, to: end.offset }] : [];
      });
    } finally {
      await admin.close();
    }
  }

  read(ranges: readonly OffsetRange[]): Promise<readonly InboundRecord[]> {
    return read(this.options, ranges);
  }

  /** Puts them into the first retry topic, due at once; resolves when Kafka has them. Id, number and signature stay as they are. */
  async handleAgain(records: readonly InboundRecord[], code: 'redriven' | 'replayed'): Promise<void> {
    const { service, topicPrefix, publisher, clock } = this.options;
    const { topic } = retryTopics(service, topicPrefix)[0]!;
    const now = clock.now();
    const note = noteHeader({ notBefore: now, code, attempts: 0, firstAt: new Date(now).toISOString() });
    for (let at = 0; at < records.length; at += atOnce) await publisher.sendRaw(records.slice(at, at + atOnce).map((record) => copyOf(record, topic, note)));
  }
}

/** Any service's dead letter, for those who may read its topic. */
export async function letterOf(options: Pick<OwnCopiesOptions, 'service' | 'topicPrefix' | 'client' | 'clock'>, owner: ServiceName, partition: number, offset: bigint): Promise<InboundRecord | undefined> {
  const topic = physicalName(ownTopics(owner).deadLetters, options.topicPrefix);
  const [record] = await read(options, [{ topic, partition, from: offset, to: offset + 1n }]);
  return record;
}

function read({ service, topicPrefix, client, clock }: Pick<OwnCopiesOptions, 'service' | 'topicPrefix' | 'client' | 'clock'>, ranges: readonly OffsetRange[]): Promise<readonly InboundRecord[]> {
  return readRecords(ranges, { client, clock, groupId: `${topicPrefix}${service}.table.${rootId(clock.now())}`, limitMs: readMs });
}
