// SPDX-License-Identifier: Apache-2.0
import type { HopCommand, HopReport, HopRun } from './hop-messages.js';
import { HopMeter } from './hop-meter.js';

/** One run of a hop that reads, handles and writes. */
export interface RunningHop {
  /** Finishes what is in hand and leaves the group. */
  stop(): Promise<void>;
}

/** Joins the group of a run and begins; `acknowledged` is told of every output that Kafka has. */
export type BeginHop = (run: HopRun, acknowledged: (records: number) => void) => Promise<RunningHop>;

/** The life of a hop's process: runs one after the other, as the benchmark asks for them. Ends with the benchmark. */
export function serveHop(begin: BeginHop): void {
  let running: { readonly hop: RunningHop; readonly meter: HopMeter } | undefined;

  async function obey(command: HopCommand): Promise<void> {
    if (command.kind === 'begin') {
      const meter = new HopMeter(command.run, tell);
      running = { meter, hop: await begin(command.run, (records) => meter.acknowledged(records)) };
      tell({ kind: 'joined' });
    } else {
      await running?.hop.stop();
      tell({ kind: 'stopped', records: running?.meter.records ?? 0 });
      running = undefined;
    }
  }

  process.on('message', (command: HopCommand) => {
    obey(command).catch(failHop);
  });
  process.on('disconnect', () => process.exit(0));
  tell({ kind: 'ready' });
}

/** The hop cannot go on: the benchmark is told and ends. */
export function failHop(error: unknown): void {
  tell({ kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}

function tell(report: HopReport): void {
  process.send?.(report);
}
