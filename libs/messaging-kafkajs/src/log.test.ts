// SPDX-License-Identifier: Apache-2.0
import { logLevel } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { kafkaJsLog } from './log.js';

const entry = (level: logLevel, message: string) => ({ namespace: 'Connection', level, label: '', log: { timestamp: '', message, broker: 'b:1' } });

describe('what kafkajs logs', () => {
  it('what it retries by itself is no error of ours', () => {
    const told: unknown[] = [];
    kafkaJsLog((...line) => told.push(line))(logLevel.INFO)(entry(logLevel.ERROR, 'Connection error'));
    expect(told).toEqual([['warn', 'kafkajs Connection: Connection error', { broker: 'b:1' }]]);
  });
});
