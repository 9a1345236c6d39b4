// SPDX-License-Identifier: Apache-2.0
import { Refusal } from '../refusal.js';
import { type CloudEvent, fromStructured } from './cloudevent.js';

/** Events of one batch, at most. */
export const mostInBatch = 500;

/**
 * Reads a batch (`application/cloudevents-batch+json`, CloudEvents 1.0 JSON format section 4). One event that cannot be
 * taken refuses all of them, before any is.
 * @param parsed the parsed body
 * @throws Refusal naming the place in the batch; 413 for too many events
 */
export function batchOf(parsed: unknown): readonly CloudEvent[] {
  if (!Array.isArray(parsed)) throw new Refusal(400, 'cloudevent_invalid', 'A batch of CloudEvents is a JSON array.');
  if (parsed.length > mostInBatch) throw new Refusal(413, 'batch_too_large', `The batch has ${parsed.length} events, at most ${mostInBatch} are taken at once.`);
  return parsed.map((one, index) => {
    try {
      return fromStructured(one);
    } catch (error) {
      if (error instanceof Refusal) throw new Refusal(error.status, error.code, `Event ${index} of the batch, counted from 0: ${error.message}`);
      throw error;
    }
  });
}
