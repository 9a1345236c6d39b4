// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Alarm } from './alarm.js';

describe('alarm', () => {
  it('who rings ends a wait, however long it was to be', async () => {
    const alarm = new Alarm();
    const waits = [alarm.wait()];
    alarm.ring();
    await Promise.all(waits);
  });

  it('a ring before the wait is not lost: what changed meanwhile would be noticed much later', async () => {
    const alarm = new Alarm();
    alarm.ring();
    await alarm.wait();
  });

  it('one ring ends one wait', async () => {
    const alarm = new Alarm();
    alarm.ring();
    await alarm.wait();
    let over = false;
    const second = alarm.wait().then(() => (over = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(over).toBe(false);
    alarm.ring();
    await second;
  });
});
