// SPDX-License-Identifier: Apache-2.0
import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import { Health } from './health.js';
import { openManagement } from './management.js';
import { Metrics } from './metrics.js';

describe('the management port', () => {
  it('is live but not ready while the service starts, and says what it waits for', async () => {
    const health = new Health();
    const management = await openManagement(health, new Metrics('sample'), '127.0.0.1', 0);
    const at = `http://127.0.0.1:${management.port}`;
    expect((await fetch(`${at}/health/live`)).status).toBe(200);
    const starting = await fetch(`${at}/health/ready`);
    expect(starting.status).toBe(503);
    expect(JSON.stringify(await starting.json())).toContain('the service is starting');

    health.set('start', null);
    expect((await fetch(`${at}/health/ready`)).status).toBe(200);
    health.check('database', () => Promise.reject(new Error('no answer')));
    expect((await fetch(`${at}/health/ready`)).status).toBe(503);
    health.fail('the Kafka client died');
    expect((await fetch(`${at}/health/live`)).status).toBe(503);
    await management.close();
  });

  it('shows metrics in text form with the prefix', async () => {
    const metrics = new Metrics('sample');
    metrics.counter('records_consumed_total', 'records', ['topic']).inc({ topic: 'a' });
    const management = await openManagement(new Health(), metrics, '127.0.0.1', 0);
    const text = await (await fetch(`http://127.0.0.1:${management.port}/metrics`)).text();
    expect(text).toContain('nervus_records_consumed_total{topic="a",service="sample"} 1');
    await management.close();
  });
});
