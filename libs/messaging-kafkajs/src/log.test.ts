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

  it('a broker that is away does not fill the log, and how often it was tried is not lost', () => {
    const told: unknown[] = [];
    let now = 0;
    const write = kafkaJsLog((...line) => told.push(line), () => now)(logLevel.INFO);
    for (; now < 10_000; now += 100) write(entry(logLevel.ERROR, 'refused'));
    write(entry(logLevel.ERROR, 'refused'));
    write(entry(logLevel.ERROR, 'something else'));
    expect(told).toEqual([
      ['warn', 'kafkajs Connection: refused', { broker: 'b:1' }],
      ['warn', 'kafkajs Connection: refused', { broker: 'b:1', repeated: 99 }],
      ['warn', 'kafkajs Connection: something else', { broker: 'b:1' }],
    ]);
  });
});
