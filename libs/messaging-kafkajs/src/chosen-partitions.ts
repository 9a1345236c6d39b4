// SPDX-License-Identifier: Apache-2.0
import { type ICustomPartitioner, type Message, Partitioners, type RecordMetadata, type TopicMessages } from 'kafkajs';

/**
 * Which partition each message was given to, for good, so that it is seen when kafkajs has not sent it. Where there are
 * several brokers, it sends to all of them at once and after a failure only to those that have not answered: a partition
 * whose leader moved to one that had answered for others is never sent, and the send resolves all the same
 * (tulios/kafkajs#1303).
 */
export class ChosenPartitions {
  private readonly partitions = new WeakMap<Message, number>();

  readonly partitioner: ICustomPartitioner = () => {
    const choose = Partitioners.DefaultPartitioner();
    return (choice) => {
      const partition = this.partitions.get(choice.message) ?? choose(choice);
      this.partitions.set(choice.message, partition);
      return partition;
    };
  };

  /**
   * The messages whose partition is not among those that were acknowledged. All of a partition or none, so that they may
   * go again under the numbers that they had: should they have been written after all, the broker knows them again.
   */
  unacknowledged(sent: readonly TopicMessages[], acknowledged: readonly RecordMetadata[]): TopicMessages[] {
    const known = new Set(acknowledged.map(({ topicName, partition }) => `${topicName}/${partition}`));
    return sent
      .map(({ topic, messages }) => ({ topic, messages: messages.filter((message) => !known.has(`${topic}/${this.partitions.get(message)}`)) }))
      .filter(({ messages }) => messages.length > 0);
  }
}
