// SPDX-License-Identifier: Apache-2.0

/** A failure of one record, for counters (topic and code only) and logs (all of it). */
export interface RecordProblem {
  /** Physical topic. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly code: string;
  readonly message: string;
}

/** Told what happens to records that do not simply succeed. */
export interface PipelineObserver {
  /** An attempt failed and is made again after so many milliseconds. */
  retried(problem: RecordProblem, delayMs: number): void;
  /** It waits in a retry topic for so many milliseconds: it failed, or an earlier record of its key did. */
  postponed(problem: RecordProblem, delayMs: number): void;
  deadLettered(problem: RecordProblem): void;
  /** Not to be trusted: raise an alert. `reported` is false beyond the rate limit. */
  quarantined(problem: RecordProblem, reported: boolean): void;
}

const nothing = (): void => undefined;

export const noPipelineObserver: PipelineObserver = { retried: nothing, postponed: nothing, deadLettered: nothing, quarantined: nothing };

export const problemOf = (record: Pick<RecordProblem, 'topic' | 'partition' | 'offset'>, code: string, message: string): RecordProblem => ({
  topic: record.topic,
  partition: record.partition,
  offset: record.offset,
  code,
  message,
});
