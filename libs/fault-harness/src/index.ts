// SPDX-License-Identifier: Apache-2.0
export { type Disturbance, disturb, type Lasted } from './disturbance.js';
export { FaultError, type FaultErrorCode } from './errors.js';
export { HttpFront, misbehaving, type Mood } from './http-front.js';
export { Interruption } from './interruption.js';
export { type Island, IsolatedNetwork, partitioned } from './isolated-network.js';
export { type Address, PortForward } from './port-forward.js';
export { type FaultableProcess, type FaultableServer, frozen, killed, serverKilled, stopped } from './processes.js';
export { type Random, seededRandom, shuffled } from './random.js';
export { describeSchedule, inTurn, schedule, type ScheduleOptions, type Step } from './schedule.js';
export { clockShifted, ShiftedClock } from './shifted-clock.js';
export { diskFull, type DiskUser, SmallDisk } from './small-disk.js';
export { orAborted, pause, until, type Waiting } from './waiting.js';
