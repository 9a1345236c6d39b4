// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { asImageEnvironment, brokerProperties, renderProperties } from './broker-properties.js';

const settings = { ports: { broker: 19092, controller: 19093 }, bind: '127.0.0.1', logDirs: 'data', overrides: {} } as const;

describe('server.properties', () => {
  it('listens on loopback only, and never makes topics by itself', () => {
    expect(brokerProperties(settings)).toMatchObject({
      'listeners': 'PLAINTEXT://127.0.0.1:19092,CONTROLLER://127.0.0.1:19093',
      'advertised.listeners': 'PLAINTEXT://127.0.0.1:19092',
      'auto.create.topics.enable': 'false',
    });
  });

  it('lets a caller override a line', () => {
    expect(brokerProperties({ ...settings, overrides: { 'num.io.threads': '1', 'message.max.bytes': '99' } })).toMatchObject({ 'num.io.threads': '1', 'message.max.bytes': '99' });
  });

  it('escapes what java.util.Properties would read as something else', () => {
    expect(renderProperties({ 'log.dirs': 'C:\\daten/żółw', 'a b': ' x\ny' })).toBe('log.dirs=C:\\\\daten/\\u017c\\u00f3\\u0142w\na\\ b=\\ x\\ny\n');
  });

  it('names image variables so that the image turns them back into the same keys', () => {
    expect(asImageEnvironment({ 'log.dirs': 'a', 'listener.name.sasl_plaintext.scram-sha-512.x': 'b' })).toEqual({ KAFKA_LOG_DIRS: 'a', KAFKA_LISTENER_NAME_SASL__PLAINTEXT_SCRAM___SHA___512_X: 'b' });
  });
});
