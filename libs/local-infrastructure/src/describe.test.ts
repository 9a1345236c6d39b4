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

it.each([
  ['mongodb://ann:se:cr@t@db.example:27017/x', 'mongodb://ann:***@db.example:27017/x'],
  ['mongodb+srv://ann:secret@db.example/?retryWrites=true', 'mongodb+srv://ann:***@db.example/?retryWrites=true'],
  ['mongodb://db.example', 'mongodb://db.example'],
])('never prints a password: %s', (uri, shown) => expect(withoutPassword(uri)).toBe(shown));
