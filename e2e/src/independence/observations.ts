// SPDX-License-Identifier: Apache-2.0
import { type ServiceName, services } from '@nervus/contracts';
import type { LoadSource } from '../folders.js';
import type { Gone, World } from './absence.js';
import type { Aspect } from './aspects.js';
import { type Item, judge, judgeBeats, judgeOpen, type Observed } from './judge.js';
import type { LoadEvent } from '../steady-load.js';

/** A process that publishes nothing beats once a minute; twice as long and a little is silence. */
const furthestBeatsMs = 95_000;

/** What was seen of each aspect while a service was away. */
export function observe({ service, absence, alone, heldSeconds }: Gone, world: World): Readonly<Partial<Record<Aspect, Observed>>> {
  const { load, watch, doors, orders, installation: { desk } } = world;
  const events = [...load.events.values()];
  const effects = new Map(desk.effects.map(({ subject, at }) => [subject, at]));
  // While ingestion is away nothing new comes: what is looked at is what it had acknowledged.
  const inHand = service === 'ingestion';
  const subjects = (source?: LoadSource): readonly LoadEvent[] => events.filter((event) => (source === undefined || event.source === source) && (!inHand || (event.acceptedAt !== undefined && event.acceptedAt <= absence.from)));
  const follow = (items: readonly Item[]): Observed => (inHand ? judgeOpen(items, absence) : judge(items, absence));
  const after = (doneAt: (subject: string) => number | undefined, source?: LoadSource): Observed => follow(subjects(source).map(({ subject, sentAt }) => ({ sentAt, doneAt: doneAt(subject) })));
  const effectAt = (subject: string): number | undefined => effects.get(subject);

  const others = services.filter((other) => other !== service);
  const ready = others.flatMap((other) => world.installation.mesh.processesOf(other).flatMap(({ options }) => doors.readiness.get(options.instance) ?? []));
  return {
    events: judge(events.map(({ sentAt, acceptedAt }) => ({ sentAt, doneAt: acceptedAt })), absence),
    intelligence: after((subject) => watch.doneAt('intelligence', subject)),
    decisions: after((subject) => watch.doneAt('decisions', subject)),
    credentials: after((subject) => watch.doneAt('credentials', subject), 'consequential'),
    routine: after(effectAt, 'routine'),
    consequential: after(effectAt, 'consequential'),
    ...(heldSeconds !== undefined && { permitsInHand: permitsInHand(subjects('consequential'), world, absence, effectAt, heldSeconds) }),
    commands: judge(orders.items, absence),
    log: judge(watch.logged, alone),
    heartbeats: worst(others.map((other) => judgeBeats(watch.beatsOf(other), absence, furthestBeatsMs))),
    readiness: judge(ready, alone, false),
    console: judge(doors.knocks.console, alone, false),
    keys: judge(doors.knocks.keys, alone, false),
    proofs: judge(doors.knocks.proofs, alone, false),
  };
}

/** Actions that had their permit when approval went: none may have its effect before approval is back, though all else is there. */
function permitsInHand(events: readonly LoadEvent[], { watch }: World, absence: Gone['absence'], effectAt: (subject: string) => number | undefined, heldSeconds: number): Observed {
  const permitted = events.filter(({ subject }) => (watch.doneAt('decisions', subject) ?? Infinity) < absence.from);
  const seen = judgeOpen(permitted.map(({ subject, sentAt }) => ({ sentAt, doneAt: effectAt(subject) })), absence);
  return seen.is === 'queues' ? { ...seen, is: 'holds', afterSeconds: heldSeconds } : seen;
}

const worst = (all: readonly Observed[]): Observed => all.toSorted((a, b) => Number(a.is === 'continues') - Number(b.is === 'continues') || a.done - b.done)[0]!;

/** Names of services in the order of the documentation. */
export const inOrder: readonly ServiceName[] = ['ingestion', 'reasoning', 'approval', 'action', 'identity', 'audit', 'console'];
