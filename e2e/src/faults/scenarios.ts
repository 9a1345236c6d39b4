// SPDX-License-Identifier: Apache-2.0
import { type Disturbance, frozen, killed, misbehaving, type Mood, pause, serverKilled, stopped, until } from '@nervus/fault-harness';
import type { FaultMesh } from './fault-mesh.js';
import { plainGround, type Scenario, scenarioOn } from './scenario.js';

/** Milliseconds. A member of a consumer group is given up after ten seconds of silence; the machine may be busy. */
const limits = { givenUp: 90_000, misbehaviour: 60_000 };
/** Milliseconds for which a server stays away, so that everyone notices. */
const awayMs = 5_000;
/** Milliseconds and requests for which the desk misbehaves: both, so that retries, the breaker and the rest after it come into play. */
const misbehaviour = { ms: 8_000, requests: 25 };
/** Records of each partition that are delivered again. */
const rewoundRecords = 200n;

const plain = plainGround('plain');

/** @param kills how many processes are killed in the scenario of that name */
export const scenarios = (kills: number): readonly Scenario[] => [
  scenarioOn(plainGround('kills'), { name: 'kills', steps: kills, choices: ({ processes }) => processes.map((one) => killed(one)) }),
  scenarioOn(plain, { name: 'freeze', steps: 4, choices: freezes }),
  scenarioOn(plain, { name: 'database-restart', steps: 2, choices: (mesh) => [serverKilled(mesh.server('database'), (signal) => pause(awayMs, signal))] }),
  scenarioOn(plain, { name: 'broker-restart', steps: 2, choices: (mesh) => [serverKilled(mesh.server('broker'), (signal) => pause(awayMs, signal))] }),
  scenarioOn(plain, { name: 'handlers', choices: moods }),
  scenarioOn(plain, { name: 'rewind', steps: 4, choices: rewinds }),
];

/** Frozen until the broker has given the member up: only then can somebody else have got its partitions. */
const freezes = ({ processes, groups }: FaultMesh): Disturbance[] => processes.map((one) => frozen(one, (signal) => groups.abandoned(one.service, limits.givenUp, signal)));

function moods({ front }: FaultMesh): Disturbance[] {
  const bad: readonly Mood[] = [{ kind: 'slow', ms: 3_000 }, { kind: 'status', status: 500 }, { kind: 'status', status: 503 }, { kind: 'reset' }, { kind: 'answer-lost' }];
  return bad.map((mood) =>
    misbehaving(front, 'the desk', mood, async (signal) => {
      const before = front.disturbed;
      await pause(misbehaviour.ms, signal);
      await until(`${misbehaviour.requests} requests of a desk that misbehaves`, { limitMs: limits.misbehaviour, signal }, () => front.disturbed - before >= misbehaviour.requests);
    }),
  );
}

/** Everything is delivered again, and old records after new ones. */
const rewinds = ({ processes, groups }: FaultMesh): Disturbance[] => processes.map((one) => stopped(one, `the last ${rewoundRecords} records`, async (signal) => void (await groups.rewind(one.service, rewoundRecords, signal))));
