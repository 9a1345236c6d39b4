// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceName } from '@nervus/contracts';
import type { Installation } from '@nervus/scripts/mesh';
import type { Say } from '../command-line.js';
import { waitUntil } from '../wait-until.js';
import { type AbsenceOptions, goAway, type World } from './absence.js';
import { type Aspect, allAspects } from './aspects.js';
import { Doors } from './doors.js';
import { type Documented, documented } from './documented.js';
import { agrees, type Observed } from './judge.js';
import { MeshWatch } from './mesh-watch.js';
import { loadStreams, SteadyLoad } from '../steady-load.js';
import { observe } from './observations.js';
import { Orders } from './orders.js';
import type { UnexpectedEnds } from './unexpected-ends.js';

export interface AbsencesOptions extends AbsenceOptions {
  readonly dataDir: string;
  /** Services that go away, one after the other. */
  readonly away: readonly ServiceName[];
  /** New events a second; a quarter of them is consequential. */
  readonly rate: number;
}

/** What was seen of one service, beside what is documented. */
export interface Row {
  readonly observed: Readonly<Partial<Record<Aspect, Observed>>>;
  readonly documented: Readonly<Partial<Record<Aspect, Pick<Documented, 'is' | 'afterSeconds'>>>>;
  readonly differences: readonly string[];
  readonly equal: boolean;
  readonly awaySeconds: number;
  readonly readySeconds: number;
  readonly caughtUpSeconds: number;
}

export interface AbsencesFigures {
  readonly rows: Readonly<Partial<Record<ServiceName, Row>>>;
  readonly load: SteadyLoad;
  readonly orders: Orders['given'];
}

const limits = { acknowledged: 120_000, drained: 300_000 };

/** Sends one service after the other away under load. The services must be ready. */
export async function absences(installation: Installation, ends: UnexpectedEnds, options: AbsencesOptions, say: Say): Promise<AbsencesFigures> {
  const world = await observers(installation, ends, options);
  const rows: Partial<Record<ServiceName, Row>> = {};
  try {
    for (const service of options.away) rows[service] = await oneAbsence(service, world, options, say);
    await settle(world, say);
  } finally {
    world.load.stop();
    world.orders.close();
    world.doors.close();
    await world.watch.close();
  }
  return { rows, load: world.load, orders: world.orders.given };
}

/** Load, a person, and everyone who looks. */
async function observers(installation: Installation, ends: UnexpectedEnds, { dataDir, rate }: AbsencesOptions): Promise<World> {
  const { mesh, place, infrastructure } = installation;
  const token = readFileSync(join(dataDir, 'seats', 'nora.token'), 'utf8').trim();
  const consequential = Math.max(1, Math.round(rate / 4));
  const rates = { routine: rate - consequential, consequential };
  const watch = await MeshWatch.begin(infrastructure.kafka.brokers);
  return {
    installation, watch, ends, doors: new Doors(mesh, token), orders: new Orders(mesh.urlOf('console'), token),
    load: new SteadyLoad(mesh.urlOf('ingestion').replace('localhost', '127.0.0.1'), 'away', loadStreams(place.secretsFolder, rates)),
  };
}

async function oneAbsence(service: ServiceName, world: World, options: AbsencesOptions, say: Say): Promise<Row> {
  say(`${service} goes away (${options.signal}) for ${options.awayMs / 1000} s ...`);
  const gone = await goAway(service, world, options);
  const observed = observe(gone, world);
  const expected = documented[service].rows;
  const differences = allAspects.flatMap((aspect) => {
    const [seen, said] = [observed[aspect], expected[aspect]];
    if (said === undefined || (seen && agrees(seen, said))) return [];
    return [`${aspect}: ${JSON.stringify(seen)}, documented is ${said.is}${said.afterSeconds ? ` after ${said.afterSeconds.join(' to ')} s` : ''}`];
  });
  const { absence, readySeconds, caughtUpSeconds } = gone;
  say(`  ready again after ${readySeconds} s, caught up after ${caughtUpSeconds} s; ${differences.length === 0 ? 'as documented' : `NOT as documented: ${differences.join('; ')}`}`);
  return {
    observed, documented: Object.fromEntries(Object.entries(expected).map(([aspect, { is, afterSeconds }]) => [aspect, { is, ...(afterSeconds && { afterSeconds }) }])),
    differences, equal: differences.length === 0, awaySeconds: Math.round((absence.to - absence.from) / 1000), readySeconds, caughtUpSeconds,
  };
}

/** Ends the load and waits until every accepted event had its effect. What is missing then is counted as lost. */
async function settle({ installation: { desk }, load, orders }: World, say: Say): Promise<void> {
  orders.end();
  await load.end(limits.acknowledged);
  say(`The load has ended: ${load.accepted.length} accepted, ${desk.subjects} with their effect; waiting for the rest ...`);
  await waitUntil('an effect of every accepted event', limits.drained, () => load.accepted.every(({ subject }) => desk.has(subject))).catch((error: unknown) => say(String(error)));
  await waitUntil('an answer to every order', limits.acknowledged, () => orders.items.every(({ doneAt }) => doneAt !== undefined)).catch((error: unknown) => say(String(error)));
}
