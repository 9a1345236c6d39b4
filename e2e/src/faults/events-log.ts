// SPDX-License-Identifier: Apache-2.0
import { appendFileSync } from 'node:fs';
import type { AppliedEffect } from '@nervus/scripts/mesh';
import type { LoadEvent } from '../steady-load.js';

/** Writes every event that was accepted and every effect that was seen into a file, one JSON object a line, so that anyone can recount. */
export class EventsLog {
  constructor(private readonly file: string | undefined) {}

  /** Each accepted event with the time of the sending that was acknowledged, milliseconds since the epoch. */
  write(scenario: string, accepted: readonly LoadEvent[], effects: readonly AppliedEffect[]): void {
    if (this.file === undefined) return;
    const lines = [...accepted.map(({ subject, acceptedAt }) => ({ accepted: subject, at: acceptedAt, scenario })), ...effects.map(({ subject, key, at }) => ({ seen: subject, key, at, scenario }))];
    appendFileSync(this.file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }
}
