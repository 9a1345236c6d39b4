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

  it.each([
    ['a certificate that the broker refuses', 'Connection error: 40D9:error:0A000412:SSL routines:ssl3_read_bytes:ssl/tls alert bad certificate:../deps/openssl/openssl/ssl/record/rec_layer_s3.c:918:SSL alert number 42\n', /the broker refused the certificate of this client, or got none/],
    ['a broker of an unknown authority', 'Connection error: unable to verify the first certificate; if the root CA is installed locally, try running Node.js with --use-system-ca', /the certificate of the broker is of no authority/],
    ['a listener without TLS', 'Connection error: 0A00010B:SSL routines:tls_validate_record_header:wrong version number', /does not speak TLS/],
  ])('%s is said to be that, and is not tried again', (_, message, words) => {
    expect(clientError(Object.assign(new Error(message), { name: 'KafkaJSConnectionError' }), 'connecting')).toMatchObject({ code: 'not_authenticated', retryable: false, message: expect.stringMatching(words) as string });
  });

  it('a connection that is closed without a word hints at the security protocol', () => {
    expect(clientError(Object.assign(new Error('Closed connection'), { name: 'KafkaJSConnectionClosedError' }), 'connecting')).toMatchObject({ code: 'broker_unreachable', message: expect.stringContaining('another security protocol') as string });
  });
});
