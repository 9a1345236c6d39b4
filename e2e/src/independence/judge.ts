// SPDX-License-Identifier: Apache-2.0
// What was seen, in the words of the documented table. Nothing here depends on how fast the machine is: what was asked for
// early in the absence must have been done before its end, or not at all before it.
import type { Word } from './aspects.js';
import type { Documented } from './documented.js';

/** One thing that was asked for, and when it was done; milliseconds since the epoch. */
export interface Item {
  readonly sentAt: number;
  readonly doneAt: number | undefined;
}

/** From when a service was gone until it was started again, milliseconds since the epoch. */
export interface Absence {
  readonly from: number;
  readonly to: number;
}

export interface Observed {
  /** `lost`: not done afterwards either; `partly`: some were done and others, asked for before them, were not; `unseen`: nothing was asked for. */
  readonly is: Word | 'lost' | 'partly' | 'unseen';
  /** For what queues or holds: seconds into the absence at which the last one was done; 0 when none was. */
  readonly afterSeconds?: number;
  /** Asked for early enough to be done during the absence, and done during it. */
  readonly asked: number;
  readonly done: number;
}

/** What is asked for in so many last milliseconds of an absence need not be done before its end. */
export const tailMs = 25_000;
/** Of what is asked for before, as much must be done during the absence for it to continue. */
export const shareThatContinues = 0.8;

/**
 * @param items all that were asked for before, during and after the absence
 * @param waits false for what is not done later either, such as a page that was asked for
 */
export function judge(items: readonly Item[], { from, to }: Absence, waits = true): Observed {
  const during = items.filter(({ sentAt }) => sentAt > from && sentAt < to);
  const early = during.filter(({ sentAt }) => sentAt < to - tailMs);
  const isDone = ({ doneAt }: Item): boolean => doneAt !== undefined && doneAt < to;
  const asked = early.length;
  const done = early.filter(isDone).length;
  if (asked === 0) return { is: 'unseen', asked, done };
  if (done / asked >= shareThatContinues) return { is: 'continues', asked, done };
  const doneDuring = during.filter(isDone);
  if (!waits) return { is: doneDuring.length === 0 ? 'away' : 'partly', asked, done };
  if (during.some(({ doneAt }) => doneAt === undefined)) return { is: 'lost', asked, done };
  const afterSeconds = lastDoneSeconds(items, { from, to });
  if (doneDuring.length === 0) return { is: 'queues', afterSeconds, asked, done };
  const lastAsked = Math.max(...doneDuring.map(({ sentAt }) => sentAt));
  const passedOver = during.filter((item) => item.sentAt < lastAsked && !isDone(item)).length;
  return { is: passedOver <= doneDuring.length ? 'holds' : 'partly', afterSeconds, asked, done };
}

/** Things that were asked for before the absence and were open when it began. */
export function judgeOpen(items: readonly Item[], { from, to }: Absence): Observed {
  const open = items.filter(({ sentAt, doneAt }) => sentAt <= from && (doneAt === undefined || doneAt > from));
  const asked = open.length;
  const done = open.filter(({ doneAt }) => doneAt !== undefined && doneAt < to).length;
  if (asked === 0) return { is: 'unseen', asked, done };
  if (done === asked) return { is: 'continues', asked, done };
  if (open.some(({ doneAt }) => doneAt === undefined)) return { is: 'lost', asked, done };
  return { is: done === 0 ? 'queues' : 'partly', afterSeconds: lastDoneSeconds(open, { from, to }), asked, done };
}

/** Signs of life: heard during the absence, or shortly before it, and never further apart than a limit. @param beats milliseconds since the epoch, in order */
export function judgeBeats(beats: readonly number[], { from, to }: Absence, furthestMs: number): Observed {
  const heard = beats.filter((at) => at > from - furthestMs && at < to);
  const apart = heard.every((at, n) => (heard[n + 1] ?? to) - at <= furthestMs);
  return { is: heard.length > 0 && apart ? 'continues' : 'away', asked: 1, done: heard.filter((at) => at > from).length };
}

/** Whether it is what the documentation says, within the bounds that it states. */
export function agrees(observed: Observed, documented: Documented): boolean {
  if (observed.is !== documented.is) return false;
  if (!documented.afterSeconds) return true;
  const [least, most] = documented.afterSeconds;
  return observed.afterSeconds !== undefined && observed.afterSeconds >= least && observed.afterSeconds <= most;
}

function lastDoneSeconds(items: readonly Item[], { from, to }: Absence): number {
  const last = Math.max(from, ...items.flatMap(({ doneAt }) => (doneAt !== undefined && doneAt < to ? [doneAt] : [])));
  return Math.round((last - from) / 100) / 10;
}
