// SPDX-License-Identifier: Apache-2.0

/** What a Kafka client could not do, other than sending. */
export class KafkaClientError extends Error {
  override readonly name = 'KafkaClientError';
  constructor(
    /** Such as `unknown_topic`, `group_not_authorised`, `broker_unreachable`. */
    readonly code: string,
    message: string,
    /** True: the same call may succeed later without anybody changing anything. */
    readonly retryable: boolean,
    readonly details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
