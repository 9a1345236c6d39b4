// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { asImageEnvironment, brokerProperties, clusterIdIn, newClusterId, renderProperties } from './broker-properties.js';

const node = { name: 'broker', id: 1, ports: { broker: 19092, controller: 19093 } } as const;
const settings = { node, nodes: [node], bind: '127.0.0.1', logDirs: 'data', overrides: {} } as const;

describe('server.properties', () => {
  it('listens on loopback only, and never makes topics by itself', () => {
    expect(brokerProperties(settings)).toMatchObject({
      'listeners': 'PLAINTEXT://127.0.0.1:19092,CONTROLLER://127.0.0.1:19093',
      'advertised.listeners': 'PLAINTEXT://127.0.0.1:19092',
      'auto.create.topics.enable': 'false',
    });
  });

  it('misses a killed member of a consumer group as soon as one of a classic group, not after three quarters of a minute', () => {
    expect(brokerProperties(settings)).toMatchObject({ 'group.consumer.session.timeout.ms': '10000', 'group.consumer.min.session.timeout.ms': '10000' });
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

describe('the id of a cluster', () => {
  const folders = Array.from({ length: 500 }, (_, n) => `/data/${n}`);

  it('is a Kafka Uuid that no command line takes for an option, and another one for every data folder', () => {
    const ids = folders.map(newClusterId);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/);
    expect(new Set(ids).size).toBe(folders.length);
  });

  it('is read back from what the format leaves', () => {
    expect(clusterIdIn('#\n#Tue Nov 24\nnode.id=1\ndirectory.id=x\nversion=1\ncluster.id=up3G0O50TU2op5IChGYeKw\n')).toBe('up3G0O50TU2op5IChGYeKw');
    expect(clusterIdIn('version=1\n')).toBeUndefined();
  });
});
