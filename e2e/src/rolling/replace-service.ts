// SPDX-License-Identifier: Apache-2.0
import type { ServiceName } from '@nervus/contracts';
import type { Mesh, ServiceProcess } from '@nervus/scripts/mesh';
import type { SteadyLoad } from '../steady-load.js';
import type { UnexpectedEnds } from '../independence/unexpected-ends.js';

/** How a process was replaced by a new one. */
export interface Replacement {
  readonly service: ServiceName;
  /** `new first`: the new one was ready before the old one was told to stop. `old first`: the other way round. */
  readonly order: 'new first' | 'old first';
  /** Milliseconds since the epoch: the first step, and when the last one was done. */
  readonly from: number;
  readonly to: number;
  /** From the start of the new process until it was ready. */
  readonly startSeconds: number;
  /** From the word to stop until the old process was gone. */
  readonly drainSeconds: number;
  readonly exitStatus: number;
}

/** The log has one writer (its head is held by a lease): the successor of audit cannot be ready while the predecessor lives. */
const oneAtATime: ReadonlySet<ServiceName> = new Set(['audit']);
const limits = { ready: 180_000, drain: 60_000 };

/** Replaces the one process of a service by a new one, under load, as a rolling update does. */
export async function replaceService(service: ServiceName, mesh: Mesh, load: SteadyLoad, ends: UnexpectedEnds): Promise<Replacement> {
  const [old] = mesh.processesOf(service);
  if (!old) throw new Error(`${service} was not started`);
  const from = Date.now();
  const begin = async (): Promise<number> => {
    const at = Date.now();
    const next = await mesh.add(service);
    mesh.startOne(next);
    ends.watch(next);
    await next.ready(limits.ready);
    return seconds(Date.now() - at);
  };
  if (oneAtATime.has(service)) {
    const ended = await end(old, mesh, ends);
    const startSeconds = await begin();
    return { service, order: 'old first', from, to: Date.now(), startSeconds, ...ended };
  }
  const startSeconds = await begin();
  // As a load balancer does: to the new one once it is ready, away from the old one before it stops.
  if (service === 'ingestion') await load.moveTo(doorOf(mesh.processesOf(service).find((member) => member !== old)!));
  const ended = await end(old, mesh, ends);
  return { service, order: 'new first', from, to: Date.now(), startSeconds, ...ended };
}

async function end(old: ServiceProcess, mesh: Mesh, ends: UnexpectedEnds): Promise<Pick<Replacement, 'drainSeconds' | 'exitStatus'>> {
  const at = Date.now();
  ends.expect(old);
  await mesh.retire(old, limits.drain);
  return { drainSeconds: seconds(Date.now() - at), exitStatus: await old.gone() };
}

const doorOf = ({ options: { environment } }: ServiceProcess): string => `http://127.0.0.1:${environment['NERVUS_HTTP_PORT']}`;
const seconds = (ms: number): number => Math.round(ms / 100) / 10;
