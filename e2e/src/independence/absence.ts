// SPDX-License-Identifier: Apache-2.0
// One service goes away under load and comes back. Two absences need something in hand when they begin: that of ingestion
// events that were acknowledged and not thought about (reasoning is frozen for some seconds before), that of approval
// permits that were given and not used (audit is frozen, so that no receipt comes).
import type { ServiceName } from '@nervus/contracts';
import type { Installation, ServiceProcess } from '@nervus/scripts/mesh';
import { waitUntil } from '../wait-until.js';
import type { Doors } from './doors.js';
import type { Absence } from './judge.js';
import type { MeshWatch } from './mesh-watch.js';
import { metricOf } from './metric.js';
import type { SteadyLoad } from '../steady-load.js';
import type { Orders } from './orders.js';
import type { UnexpectedEnds } from './unexpected-ends.js';

/** A mesh under load, and everyone who looks at it. */
export interface World {
  readonly installation: Installation;
  readonly load: SteadyLoad;
  readonly watch: MeshWatch;
  readonly doors: Doors;
  readonly orders: Orders;
  readonly ends: UnexpectedEnds;
}

export interface Gone {
  readonly service: ServiceName;
  readonly absence: Absence;
  /** The absence without its beginning, where another service was frozen then. */
  readonly alone: Absence;
  /** Seconds into the absence at which an action was first held because the view of stops was too old. */
  readonly heldSeconds: number | undefined;
  /** Seconds from the new start until ready, and until everything that had queued was done. */
  readonly readySeconds: number;
  readonly caughtUpSeconds: number;
}

export interface AbsenceOptions {
  readonly awayMs: number;
  /** How the service is ended. */
  readonly signal: 'SIGKILL' | 'SIGTERM';
}

/** Milliseconds. Shorter than a consumer's session, so that its group does not notice. */
const frozenBeforeMs = 6_000;
const aloneMs = 45_000;
const limits = { flowing: 240_000, gone: 60_000, held: 90_000, ready: 240_000, caughtUp: 300_000 };

/** Ends a service, keeps it away, starts it again and waits until nothing is open any more. */
export async function goAway(service: ServiceName, world: World, { awayMs, signal }: AbsenceOptions): Promise<Gone> {
  const { installation: { mesh }, ends } = world;
  const [member] = mesh.processesOf(service);
  if (!member) throw new Error(`${service} was not started`);
  await settled(world, Date.now(), limits.flowing);

  const frozen = { ingestion: mesh.processesOf('reasoning')[0], approval: mesh.processesOf('audit')[0] }[service as string];
  let absence: Absence;
  let aloneSince: number | undefined;
  let heldAt: number | undefined;
  try {
    frozen?.kill('SIGSTOP');
    if (frozen) await pause(frozenBeforeMs);
    const heldBefore = service === 'approval' ? await heldByAge(world) : 0;
    ends.expect(member);
    member.kill(signal);
    await waitUntil(`the end of ${service}`, limits.gone, () => !member.running);
    const from = Date.now();
    if (service === 'approval') {
      heldAt = await waitUntil('an action that is held because the view of stops is too old', limits.held, async () => (await heldByAge(world)) > heldBefore && Date.now(), 500);
      aloneSince = Date.now();
    }
    frozen?.kill('SIGCONT');
    await pause(Math.max(from + awayMs, (aloneSince ?? 0) + aloneMs) - Date.now());
    absence = { from, to: Date.now() };
  } finally {
    frozen?.kill('SIGCONT');
  }
  const { from, to } = absence;
  const readyAt = await startAgain(member, world);
  await settled(world, to, limits.caughtUp);
  return {
    service, absence, alone: { from: aloneSince === undefined ? from : aloneSince + frozenBeforeMs, to },
    heldSeconds: heldAt === undefined ? undefined : seconds(heldAt - from), readySeconds: seconds(readyAt - to), caughtUpSeconds: seconds(Date.now() - to),
  };
}

async function startAgain(member: ServiceProcess, { installation: { mesh }, ends }: World): Promise<number> {
  mesh.startOne(member);
  ends.watch(member);
  await member.ready(limits.ready);
  return Date.now();
}

/** Waits until everything that was sent, ordered or appended before a time is done. What is still open then is judged as lost. */
async function settled({ installation: { desk }, load, watch, orders }: World, before: number, limitMs: number): Promise<void> {
  const isDone = (): boolean =>
    [...load.events.values()].every(({ sentAt, acceptedAt, subject }) => sentAt >= before || (acceptedAt !== undefined && desk.has(subject))) &&
    orders.items.every(({ sentAt, doneAt }) => sentAt >= before || doneAt !== undefined) &&
    watch.logged.every(({ sentAt, doneAt }) => sentAt >= before || doneAt !== undefined);
  await waitUntil('the end of everything that was begun', limitMs, isDone, 500).catch(() => undefined);
}

/** How often action put something aside because its view of stops was too old. */
const heldByAge = async ({ installation: { mesh } }: World): Promise<number> => {
  const counts = await Promise.all(mesh.processesOf('action').map((member) => metricOf(member, 'nervus_actions_held_total', 'reason="view_stale"')));
  return counts.reduce((sum, count) => sum + count, 0);
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const seconds = (ms: number): number => Math.round(ms / 100) / 10;
