// SPDX-License-Identifier: Apache-2.0
import { type DataOf, type RecordType, type ServiceName, topicOf } from '@nervus/contracts';
import type { Lease } from '../engine/lease.js';
import { type NewEvent, eventOf } from '../event-factory.js';
import type { OutgoingEvent } from '../event.js';
import type { Delivery, Step } from '../middleware/step.js';
import type { InboundRecord } from '../port.js';
import { type SigningWorld, prefix } from './signing-world.js';

let count = 0;

/** Publishes one record as its service would and returns it as a consumer reads it. */
export async function published<R extends RecordType>(world: SigningWorld, service: ServiceName, type: R, event: Partial<NewEvent<R>> = {}, change: Partial<OutgoingEvent> = {}): Promise<InboundRecord> {
  const topic = topicOf(type);
  const example = type.examples.at(0) as DataOf<R>;
  const extensions = Object.fromEntries(type.extensions.required.map((name) => [name, 'x']));
  const outgoing = eventOf(type, { key: 'key', data: example, id: `id-${count++}`, extensions, ...(topic.tenantInKey ? { tenant: 'default' } : {}), ...event }, world.clock);
  await world.publisher(service).publish([{ ...outgoing, ...change }]);
  return world.broker.records(prefix + topic.name).at(-1)!;
}

/** A record in hand, with the means to take its partition away. */
export function inHand(record: InboundRecord): Delivery & { revoke(): void } {
  const controller = new AbortController();
  const lease: Lease = { topic: record.topic, partition: record.partition, signal: controller.signal };
  return { record, lease, attempts: 0, revoke: () => controller.abort() };
}

/** An innermost step that does what it is told, call after call, and counts. */
export function scripted(...outcomes: (Error | 'hang' | 'ok')[]): Step & { calls: number } {
  const step = async (): Promise<void> => {
    const outcome = outcomes[step.calls++] ?? outcomes.at(-1) ?? 'ok';
    if (outcome === 'hang') await new Promise(() => undefined);
    if (outcome instanceof Error) throw outcome;
  };
  step.calls = 0;
  return step;
}

/** Waits until a promise is settled while the clock moves; resolves to what it rejected with, or undefined. */
export async function outcomeOf(world: SigningWorld, promise: Promise<unknown>, ms: number): Promise<unknown> {
  let outcome: unknown = 'still waiting';
  promise.then(
    () => (outcome = undefined),
    (error: unknown) => (outcome = error),
  );
  await world.clock.advance(ms);
  return outcome;
}
