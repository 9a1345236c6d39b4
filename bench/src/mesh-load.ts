// SPDX-License-Identifier: Apache-2.0
import { appendFileSync } from 'node:fs';
import type { BenchInstallation, LoadKind } from './bench-installation.js';
import { percentile, rounded } from './latency.js';
import { sendWebhooks } from './webhook-load.js';

/** One stretch of load at one rate. */
export interface Stretch {
  readonly kind: LoadKind;
  readonly offered: number;
  readonly accepted: number;
  readonly refused: Readonly<Record<string, number>>;
  /** Effects a second while load was offered. */
  readonly achieved: number;
  /** Accepted events without an effect when the load began and when it ended. */
  readonly lagStart: number;
  readonly lagEnd: number;
  /** Seconds from the end of the load until the last effect; the whole bound where some never came. */
  readonly drainSeconds: number;
  readonly lost: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

let run = 0;
const drainBoundMs = 60_000;

/** Offers load, waits for its effects and says what became of it. Latency is from the client's send to the effect. */
export async function offer(bench: BenchInstallation, kind: LoadKind, rate: number, seconds: number, eventsLog: string | undefined): Promise<Stretch> {
  const { desk, mesh } = bench.installation;
  run += 1;
  const before = desk.subjects;
  const startedAt = Date.now();
  const { accepted, refused } = await sendWebhooks({
    target: mesh.urlOf('ingestion').replace('localhost', '127.0.0.1'), path: `/v1/default/${kind}`, secret: bench.secretOf(kind), rate, seconds,
    event: (n) => {
      const subject = `${kind}-${process.pid}-${run}-${n}`;
      return { subject, body: { subject, text: 'x'.repeat(600) } };
    },
    onSent: (subject, at) => {
      if (eventsLog !== undefined) appendFileSync(eventsLog, `${JSON.stringify({ sent: subject, at })}\n`);
    },
  });
  const loadSeconds = (Date.now() - startedAt) / 1000;
  const seenDuring = desk.subjects - before;
  const lagEnd = accepted.size - seenDuring;
  const endedAt = Date.now();
  await Promise.race([desk.whenSubjects(before + accepted.size), new Promise((resolve) => setTimeout(resolve, drainBoundMs).unref())]);
  const at = new Map(desk.effects.map((effect) => [effect.subject, effect.at]));
  const latencies = [...accepted].flatMap(([subject, sentAt]) => (at.has(subject) ? [at.get(subject)! - sentAt] : []));
  if (eventsLog !== undefined) for (const subject of accepted.keys()) if (at.has(subject)) appendFileSync(eventsLog, `${JSON.stringify({ seen: subject, at: at.get(subject) })}\n`);
  return {
    kind, offered: rate, accepted: accepted.size, refused, achieved: rounded(seenDuring / loadSeconds), lagStart: 0, lagEnd, drainSeconds: rounded((Date.now() - endedAt) / 1000), lost: accepted.size - latencies.length,
    p50Ms: rounded(percentile(latencies, 0.5)), p99Ms: rounded(percentile(latencies, 0.99)),
  };
}

/** The mesh kept up: nearly everything offered was accepted, and what was still on its way is less than a second's worth. */
export const keptUp = (stretch: Stretch): boolean => stretch.accepted >= stretch.offered * 0.99 && stretch.lost === 0 && stretch.lagEnd <= stretch.offered && stretch.achieved >= stretch.offered * 0.9;

/** Tries ascending rates and stops at the first that the mesh does not keep up with. */
export async function searchSustained(bench: BenchInstallation, kind: LoadKind, rates: readonly number[], seconds: number, eventsLog: string | undefined, log: (line: string) => void): Promise<readonly Stretch[]> {
  const tried: Stretch[] = [];
  for (const rate of rates) {
    const stretch = await offer(bench, kind, rate, seconds, eventsLog);
    tried.push(stretch);
    log(`${kind} at ${rate}/s: ${stretch.achieved}/s, lag ${stretch.lagEnd}, p50 ${stretch.p50Ms} ms, p99 ${stretch.p99Ms} ms, lost ${stretch.lost}`);
    if (!keptUp(stretch)) break;
  }
  return tried;
}
