// SPDX-License-Identifier: Apache-2.0
import { AuthenticationError, MultipleErrors, NetworkError, ProtocolError, ResponseError } from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';
import { causeOf, clientError, producerError, saysLeaseIsLost, saysNumberingIsBroken } from './errors.js';

const answer = (type: string): Error => new MultipleErrors('tried twice', [new ResponseError(0, 11, { '/': [codeOf(type), null] }, {})]);
const codeOf = (type: string): number => (new ProtocolError(type as never) as unknown as { apiCode: number }).apiCode;

describe('errors of @platformatic/kafka', () => {
  it.each(['FENCED_MEMBER_EPOCH', 'UNKNOWN_MEMBER_ID'])('%s is a lost lease, also when it is wrapped', (type) => {
    expect(saysLeaseIsLost(causeOf(answer(type)))).toBe(true);
  });

  it.each(['MESSAGE_TOO_LARGE', 'UNKNOWN_TOPIC_OR_PARTITION', 'TOPIC_AUTHORIZATION_FAILED'])('%s: sending the same again is not promised to help', (type) => {
    expect(producerError(answer(type), ['t'])).toMatchObject({ code: type, retryable: false });
  });

  it.each(['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID'])('%s: the records may go again under a new producer id', (type) => {
    expect(saysNumberingIsBroken(causeOf(answer(type)))).toBe(true);
    expect(producerError(answer(type), ['t']).retryable).toBe(true);
  });

  it('refused credentials are told as that, though the library wraps them as a broken connection that is worth a retry', () => {
    const refused = new MultipleErrors('Cannot connect to any broker.', [new NetworkError('Connection failed.', { cause: new AuthenticationError('SASL authentication failed.') })]);
    expect(causeOf(refused).transient).toBe(false);
    expect(clientError(refused, 'connecting')).toMatchObject({ code: 'not_authenticated', retryable: false });
    expect(producerError(refused, ['t'])).toMatchObject({ retryable: false });
  });

  it('a broken connection may be back before long', () => {
    const broken = new MultipleErrors('Cannot connect to any broker.', [new NetworkError('Connection to 127.0.0.1:1 failed.', { cause: new Error('ECONNREFUSED') })]);
    expect(causeOf(broken)).toMatchObject({ kind: 'network', transient: true });
    expect(clientError(broken, 'connecting')).toMatchObject({ code: 'broker_unreachable', retryable: true });
  });

  it('a mistake of ours is never tried again', () => {
    expect(causeOf(new TypeError('undefined is not a function')).transient).toBe(false);
  });
});
