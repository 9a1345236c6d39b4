// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { describeInfrastructure, withoutPassword } from './describe.js';

it('says which database it is, so that nobody takes the stand-in for MongoDB', () => {
  const line = describeInfrastructure(
    'java',
    { brokers: ['127.0.0.1:19092'], version: '4.4.0', external: false },
    { uri: 'mongodb://127.0.0.1:27117', kind: 'mongo-java-server', version: '1.47.0', storage: 'memory' },
    '.nervus/data',
  );
  expect(line).toBe('Infrastructure: Apache Kafka 4.4.0 at 127.0.0.1:19092, started with Java; mongo-java-server 1.47.0 (a MongoDB stand-in, memory) at mongodb://127.0.0.1:27117, started with Java; data in .nervus/data');
});

it('says how many brokers there are when there are several', () => {
  const line = describeInfrastructure('java', { brokers: ['127.0.0.1:1', '127.0.0.1:2', '127.0.0.1:3'], version: '4.4.0', external: false }, { uri: 'mongodb://127.0.0.1:4', kind: 'mongodb', version: '8', storage: 'external' }, 'd');
  expect(line).toContain('3 brokers of Apache Kafka 4.4.0 at 127.0.0.1:1,127.0.0.1:2,127.0.0.1:3, started with Java');
});

it.each([
  ['mongodb://ann:se:cr@t@db.example:27017/x', 'mongodb://ann:***@db.example:27017/x'],
  ['mongodb+srv://ann:secret@db.example/?retryWrites=true', 'mongodb+srv://ann:***@db.example/?retryWrites=true'],
  ['mongodb://db.example', 'mongodb://db.example'],
])('never prints a password: %s', (uri, shown) => expect(withoutPassword(uri)).toBe(shown));
