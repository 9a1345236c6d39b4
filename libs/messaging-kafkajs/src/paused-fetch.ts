// SPDX-License-Identifier: Apache-2.0
import { firstTime, insideKafkaJs } from './version-guard.js';

interface ConsumerGroup {
  maxWaitTime: number;
  readonly subscriptionState: { paused(): readonly unknown[] };
  readonly [lastChange]?: number;
}
interface ConsumerGroupClass {
  readonly prototype: {
    fetch: (this: ConsumerGroup, nodeId: string) => Promise<unknown>;
    pause: (this: ConsumerGroup, partitions: unknown) => void;
    resume: (this: ConsumerGroup, partitions: unknown) => void;
  };
}

const lastChange = Symbol('nervus.lastChange');
const longWait = Symbol('nervus.longWait');

/** Milliseconds a fetch may wait while partitions are being paused and resumed. */
const shortWaitMs = 25;
/** Milliseconds after the last pause or resume for which that holds: a partition paused for long costs no polling. */
const lively = 5000;

/**
 * kafkajs 2.2.4 takes notice of a resume only with its next fetch: while all partitions are paused it sleeps the whole
 * `maxWaitTimeInMs`, and while others are not it waits as long for their records. A full partition that is resumed when
 * half of it is done would stand still for up to a second each time. So while partitions come and go, fetches are short.
 */
export function fetchSoonAfterResume(): void {
  const { prototype } = insideKafkaJs<ConsumerGroupClass>('consumer/consumerGroup', 'paused-fetch.ts');
  if (!firstTime(prototype, 'paused-fetch')) return;
  const { fetch, pause, resume } = prototype;
  const stamp = (group: ConsumerGroup): unknown => Object.assign(group, { [lastChange]: performance.now() });
  prototype.pause = function pauseAndNotice(partitions) {
    stamp(this);
    pause.call(this, partitions);
  };
  prototype.resume = function resumeAndNotice(partitions) {
    stamp(this);
    resume.call(this, partitions);
  };
  prototype.fetch = function fetchForAsLongAsItMayWait(this: ConsumerGroup & { [longWait]?: number }, nodeId) {
    const long = (this[longWait] ??= this.maxWaitTime);
    const busy = this.subscriptionState.paused().length > 0 && performance.now() - (this[lastChange] ?? 0) < lively;
    this.maxWaitTime = busy ? Math.min(long, shortWaitMs) : long;
    return fetch.call(this, nodeId);
  };
}
