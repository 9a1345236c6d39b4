// SPDX-License-Identifier: Apache-2.0
import { clockShifted, type Disturbance, diskFull, frozen, killed, misbehaving, type Mood, partitioned, pause, serverKilled, type ShiftedClock, stopped, until } from '@nervus/fault-harness';
import type { FaultMesh } from './fault-mesh.js';
import { clockGround } from './grounds/clocks.js';
import { leaderKilled, followerFrozen, mostKilled } from './broker-faults.js';
import { brokersGround } from './grounds/brokers.js';
import { networkGround } from './grounds/networks.js';
import { smallDiskGround } from './grounds/small-disk.js';
import { plainGround, type Scenario, scenarioOn } from './scenario.js';

/** Milliseconds; the machine may be busy with other things. */
const limits = { givenUp: 90_000, misbehaviour: 60_000, diskEnds: 120_000 };
/** Milliseconds of silence: longer than the session of a consumer, which is ten seconds, and than any request may take, which is thirty. */
const silences = { short: 12_000, long: 35_000 };
/** Milliseconds for which a server stays away, so that everyone notices. */
const awayMs = 5_000;
/** Milliseconds and requests for which the desk misbehaves: both, so that retries, the breaker and the rest after it come into play. */
const misbehaviour = { ms: 8_000, requests: 25 };
/** Records of each partition that are delivered again. */
const rewoundRecords = 200n;

/**
 * Milliseconds by which a clock is wrong, and for how long: by more than ingestion allows to senders and than a permit
 * lives. A permit of an approval that is ahead is one of the future, and action waits for its time: a shorter wait.
 */
const clocks = { shiftMs: 6 * 60_000, approvalAheadMs: 90_000, forMs: 15_000 };

const plain = plainGround('plain');

/** @param kills how many processes are killed in the scenario of that name */
export const scenarios = (kills: number): readonly Scenario[] => [
  scenarioOn(plainGround('kills'), { name: 'kills', steps: kills, choices: ({ processes }) => processes.map((one) => killed(one)) }),
  scenarioOn(plain, { name: 'freeze', steps: 4, choices: freezes }),
  scenarioOn(plain, { name: 'database-restart', steps: 2, choices: (mesh) => [serverKilled(mesh.server('database'), (signal) => pause(awayMs, signal))] }),
  scenarioOn(plain, { name: 'broker-restart', steps: 2, choices: (mesh) => [serverKilled(mesh.server('broker'), (signal) => pause(awayMs, signal))] }),
  scenarioOn(plain, { name: 'handlers', choices: moods }),
  scenarioOn(plain, { name: 'rewind', steps: 4, choices: rewinds }),
  scenarioOn(clockGround, {
    name: 'clock', steps: 6,
    choices: wrongClocks,
  }),
  scenarioOn(networkGround, {
    name: 'partition', steps: 4,
    // As silent for the broker as a freeze, but this process knows that it hears nothing, and may give up on what it asked.
    choices: (mesh, network) => mesh.processes.flatMap(({ service }) => [silences.short, silences.long].map((ms) => partitioned(network, service, ms / 1000, (signal) => givenUp(mesh, service, ms, signal)))),
  }),
  scenarioOn(brokersGround, { name: 'brokers', choices: (mesh) => [leaderKilled(mesh), followerFrozen(mesh), mostKilled(mesh)] }),
  scenarioOn(smallDiskGround, { name: 'disk', choices: (mesh, disk) => [diskFull(disk, mesh.server('broker'), limits.diskEnds, (signal) => pause(awayMs, signal))] }),
];

/** Until the broker has given up the members of a service: only then can somebody else have got its partitions. */
const givenUp = async ({ groups }: FaultMesh, service: string, forMs: number, signal: AbortSignal): Promise<void> => void (await Promise.all([pause(forMs, signal), groups.abandoned(service, limits.givenUp, signal)]));

const freezes = (mesh: FaultMesh): Disturbance[] => mesh.processes.map((one) => frozen(one, (signal) => givenUp(mesh, one.service, silences.short, signal)));

const wrongClocks = ({ processes }: FaultMesh, means: ReadonlyMap<string, ShiftedClock>): Disturbance[] =>
  processes.flatMap((one) => [one.service === 'approval' ? clocks.approvalAheadMs : clocks.shiftMs, -clocks.shiftMs].map((ms) => clockShifted(means.get(one.service)!, one, ms, (signal) => pause(clocks.forMs, signal))));

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

/** Everything is delivered again, and old records after new ones. Ingestion reads nothing but commands, of which there are none. */
const rewinds = ({ processes, groups }: FaultMesh): Disturbance[] =>
  processes
    .filter(({ service }) => service !== 'ingestion')
    .map((one) =>
      stopped(one, `the last ${rewoundRecords} records`, async (signal) => {
        if ((await groups.rewind(one.service, rewoundRecords, signal)) === 0n) throw new Error(`${one.service} has committed nothing that could be delivered again`);
      }),
    );
