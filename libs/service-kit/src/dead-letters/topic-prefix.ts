// SPDX-License-Identifier: Apache-2.0

/** What is put before every topic name of this installation; perhaps empty. */
export class TopicPrefix {
  constructor(readonly prefix: string) {}

  /** The name as it is declared. */
  without(topic: string): string {
    return topic.startsWith(this.prefix) ? topic.slice(this.prefix.length) : topic;
  }
}
