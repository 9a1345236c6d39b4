// SPDX-License-Identifier: Apache-2.0
// The broker and the database of this test run, which the global setup started (global-setup.ts). All tests share them:
// every topic, consumer group and database of a test has a name of its own.
import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';

declare module 'vitest' {
  export interface ProvidedContext {
    kafkaBrokers: string[];
    mongoUri: string;
    databaseKind: 'mongodb' | 'mongo-java-server';
  }
}

/** `host:port` of the broker of this test run. */
export const kafkaBrokers = (): string[] => inject('kafkaBrokers');

/** The client library that services under test use: what KAFKA_CLIENT says, as for a service itself. */
export function kafkaClientKind(): 'kafkajs' | 'platformatic' {
  const kind = process.env['KAFKA_CLIENT'] ?? 'kafkajs';
  if (kind !== 'kafkajs' && kind !== 'platformatic') throw new Error(`KAFKA_CLIENT is "${kind}": expected kafkajs or platformatic`);
  return kind;
}

/** The connection string of the database of this test run, without or with the name of a database in it. */
export function mongoUri(database?: string): string {
  if (database === undefined) return inject('mongoUri');
  const uri = new URL(inject('mongoUri'));
  uri.pathname = `/${database}`;
  return uri.href;
}

/** Which database the tests of this run use: MongoDB itself, or the stand-in that speaks its protocol. */
export const databaseKind = (): 'mongodb' | 'mongo-java-server' => inject('databaseKind');

/** `orders-3f9c0a1b2d4e`: fit for a topic, a consumer group and, while the prefix is short, a database (63 bytes at most). */
export const uniqueName = (prefix: string): string => `${prefix}-${randomBytes(6).toString('hex')}`;
