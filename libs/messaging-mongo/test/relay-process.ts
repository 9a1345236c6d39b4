// SPDX-License-Identifier: Apache-2.0
// A process that relays until it is killed: `node relay-process.ts OPTIONS`. It says how many events Kafka acknowledged, a
// line each time.
import { systemClock } from '@nervus/messaging';
import mongoose from 'mongoose';
import { Relaying } from './relaying.ts';

const { brokers, uri, topicPrefix } = JSON.parse(process.argv[2] ?? '') as { readonly brokers: readonly string[]; readonly uri: string; readonly topicPrefix: string };
const { db } = await mongoose.createConnection(uri).asPromise();
const relaying = new Relaying({ brokers, database: db!, topicPrefix, onPublished: (events) => void process.stdout.write(`${events}\n`) });
await relaying.relay.drain(systemClock.now());
