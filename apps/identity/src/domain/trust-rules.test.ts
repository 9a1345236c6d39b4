// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { matchRule, parseTrustRules } from './trust-rules.js';

const key = { kty: 'EC', crv: 'P-256', x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4', y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM' };
const rule = (name: string, change: object = {}): object => ({ name, kind: 'launcher', issuer: 'nervus-launcher', audience: 'nervus-identity', keys: [key], subject: { equals: 'action' }, service: 'action', ...change });
const claims = { issuer: 'nervus-launcher', audience: 'nervus-identity', subject: 'action' };

describe('trust rules', () => {
  it('a subject becomes the one service that a rule names', () => {
    expect(matchRule(parseTrustRules({ rules: [rule('a')] }), claims, 'action')).toMatchObject({ verdict: 'matched' });
  });

  it.each([
    ['another subject', { ...claims, subject: 'audit' }, 'action'],
    ['another issuer', { ...claims, issuer: 'someone' }, 'action'],
    ['another audience', { ...claims, audience: 'other' }, 'action'],
    ['another service', claims, 'identity'],
  ])('%s matches nothing', (_, given, service) => {
    expect(matchRule(parseTrustRules({ rules: [rule('a')] }), given, service)).toMatchObject({ verdict: 'refused', code: 'no_rule' });
  });

  it.each([
    ['no rules', { rules: [] }, /rules/],
    ['no keys', { rules: [rule('a', { keys: [] })] }, /keys/],
    ['a private key', { rules: [rule('a', { keys: [{ ...key, d: 'secret' }] })] }, /keys/],
    ['a star in a subject', { rules: [rule('a', { subject: { oneOf: ['act*'] } })] }, /holds a \*/],
    ['no subject', { rules: [rule('a', { subject: {} })] }, /subject/],
    ['two rules for one subject', { rules: [rule('a'), rule('b', { service: 'audit' })] }, /rules a and b both match/],
    ['another audience', { rules: [rule('a', { audience: 'sts' })] }, /audience/],
  ])('%s stops the start', (_, parsed, message) => {
    expect(() => parseTrustRules(parsed)).toThrow(message);
  });
});
