// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { heartbeatDespiteClock } from './heartbeat-despite-clock.js';
import { insideKafkaJs } from './version-guard.js';

interface Group {
  heartbeat(options: { readonly interval: number }): Promise<void>;
}
type GroupClass = new (options: Record<string, unknown>) => Group;

heartbeatDespiteClock();

/** kafkajs' own group, as a member, with a broker that counts. */
function member(): { readonly group: Group; readonly sent: () => number } {
  let sent = 0;
  const ConsumerGroup = insideKafkaJs<GroupClass>('consumer/consumerGroup', 'its test');
  const logger = { namespace: () => logger, debug: () => undefined };
  const group = new ConsumerGroup({ logger, topics: ['t'], topicConfigurations: {}, instrumentationEmitter: { emit: () => undefined } });
  Object.assign(group, { groupId: 'g', memberId: 'm', generationId: 1, coordinator: { heartbeat: () => Promise.resolve(void (sent += 1)) } });
  return { group, sent: () => sent };
}

describe('heartbeats', () => {
  beforeEach(() => vi.useFakeTimers({ now: 1_000_000 }));
  afterEach(() => vi.useRealTimers());

  it('go on when the clock is set back: the broker would give the member up', async () => {
    const { group, sent } = member();
    vi.setSystemTime(1_001_000);
    await group.heartbeat({ interval: 1_000 });
    vi.setSystemTime(700_000);
    await group.heartbeat({ interval: 1_000 });
    expect(sent()).toBe(2);
  });

  it('are no more than one for each interval, whatever the clock was', async () => {
    const { group, sent } = member();
    vi.setSystemTime(700_000);
    for (let n = 0; n < 5; n += 1) await group.heartbeat({ interval: 1_000 });
    expect(sent()).toBe(1);
  });
});
