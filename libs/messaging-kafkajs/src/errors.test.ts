// SPDX-License-Identifier: Apache-2.0
import { KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { clientError, producerError, saysLeaseIsLost, saysNumberingIsBroken } from './errors.js';

const answer = (type: string, retriable: boolean): Error => new KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 0, retriable }) as never);
const wrapped = (cause: Error): Error => new KafkaJSNumberOfRetriesExceeded(new Error('wrapped once more', { cause }), { retryCount: 5, retryTime: 1000 });

describe('errors of kafkajs', () => {
  it.each(['REBALANCE_IN_PROGRESS', 'UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'NOT_COORDINATOR_FOR_GROUP'])('%s is a lost lease, also when it is wrapped', (type) => {
    expect(saysLeaseIsLost(wrapped(answer(type, false)))).toBe(true);
  });

  it.each(['MESSAGE_TOO_LARGE', 'UNKNOWN_TOPIC_OR_PARTITION', 'TOPIC_AUTHORIZATION_FAILED'])('%s: sending the same again is not promised to help', (type) => {
    expect(producerError(wrapped(answer(type, true)), ['t'])).toMatchObject({ code: type, retryable: false });
  });

  it.each(['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID'])('%s: the records may go again under a new producer id', (type) => {
    const error = wrapped(answer(type, false));
    expect(saysNumberingIsBroken(error)).toBe(true);
    expect(producerError(error, ['t']).retryable).toBe(true);
  });

  it('a group without a coordinator is named as what it nearly always is', () => {
    const error = Object.assign(new Error('Failed to find group coordinator'), { name: 'KafkaJSGroupCoordinatorNotFound', retriable: false });
    expect(clientError(error, 'joining group g')).toMatchObject({ code: 'group_not_authorised', retryable: false });
  });
});
