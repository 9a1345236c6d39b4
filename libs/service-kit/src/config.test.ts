// SPDX-License-Identifier: Apache-2.0
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from './config.js';

const Sample = Type.Object({
  kafkaBrokers: Type.String({ env: 'KAFKA_BROKERS', description: 'bootstrap addresses' }),
  pollSeconds: Type.Integer({ default: 60, minimum: 5, maximum: 3600, description: 'seconds between polls' }),
  verbose: Type.Boolean({ default: false, description: 'says more' }),
});

describe('configuration', () => {
  it('reads text as what the field is, and fills in defaults', () => {
    expect(loadConfig(Sample, { KAFKA_BROKERS: 'a:1', NERVUS_VERBOSE: 'true' })).toEqual({ kafkaBrokers: 'a:1', pollSeconds: 60, verbose: true });
  });

  it('a bad value stops the start and names variable, bound and purpose; all faults at once', () => {
    const read = (): unknown => loadConfig(Sample, { NERVUS_POLL_SECONDS: '2' });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(/KAFKA_BROKERS: is not set \(bootstrap addresses\)/);
    expect(read).toThrow(/NERVUS_POLL_SECONDS: .*5.*\(seconds between polls\)/);
  });

  it('a word where a number belongs is refused, not taken as a default', () => {
    expect(() => loadConfig(Sample, { KAFKA_BROKERS: 'a:1', NERVUS_POLL_SECONDS: 'soon' })).toThrow(/NERVUS_POLL_SECONDS/);
  });

  it('an empty variable counts as not set', () => {
    expect(loadConfig(Sample, { KAFKA_BROKERS: 'a:1', NERVUS_POLL_SECONDS: '' }).pollSeconds).toBe(60);
  });
});
