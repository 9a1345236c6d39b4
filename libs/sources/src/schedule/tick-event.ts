// SPDX-License-Identifier: Apache-2.0
import type { SourceOf } from '../manifest/source-manifest.js';
import { type InboundEvent, rawOf } from '../signal.js';

/** The event of one tick. It says when it was to fire, never when somebody did: all who fire it make the same event. */
export function tickEvent({ name, spec }: SourceOf<'schedule'>, fireMs: number): InboundEvent {
  const scheduledAt = new Date(fireMs).toISOString();
  const content = { ...spec.config.content, scheduledAt };
  return { kind: 'schedule.tick', id: scheduledAt, key: [scheduledAt], type: 'schedule.tick', source: `schedule:${name}`, time: scheduledAt, content, raw: rawOf(Buffer.from(JSON.stringify(content))) };
}
