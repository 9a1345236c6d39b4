// SPDX-License-Identifier: Apache-2.0

/** What a command found, and which of its bars do not hold. */
export interface Findings {
  readonly fields: Readonly<Record<string, unknown>>;
  /** One sentence for each bar that is missed; empty when all hold. */
  readonly missed: readonly string[];
}

/** Where progress goes: one line for people. */
export type Say = (line: string) => void;

/**
 * Runs a command to its end: progress lines first, then the findings, as one JSON object in the last line when that was
 * asked for. The exit status is 0 only when every bar holds.
 */
export async function runCommand(json: boolean, command: (say: Say) => Promise<Findings>): Promise<never> {
  const startedAt = Date.now();
  const say: Say = (line) => void process.stdout.write(`${`${((Date.now() - startedAt) / 1000).toFixed(1)} s`.padStart(8)}  ${line}\n`);
  try {
    const { fields, missed } = await command(say);
    for (const sentence of missed) say(`MISSED: ${sentence}`);
    const ok = missed.length === 0;
    await write(json ? JSON.stringify({ ok, ...fields }) : Object.entries({ ok, ...fields }).map(([name, value]) => `${name.padEnd(24)} ${typeof value === 'string' ? value : JSON.stringify(value)}`).join('\n'));
    process.exit(ok ? 0 : 1);
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    await write(json ? JSON.stringify({ ok: false, error: text }) : text);
    process.exit(1);
  }
}

/** Resolves when the line has left the process, so that an exit does not cut it off. */
const write = (line: string): Promise<void> => new Promise((resolve) => process.stdout.write(`${line}\n`, () => resolve()));
