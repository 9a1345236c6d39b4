// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type Disturbance, disturb } from './disturbance.js';

const never = new AbortController().signal;

/** Writes down what is done to it; each part can be told to fail. */
function recorded(parts: Partial<Disturbance> = {}): { readonly log: string[]; readonly disturbance: Disturbance } {
  const log: string[] = [];
  const part = (name: 'begin' | 'hold' | 'end') => async (signal: AbortSignal) => {
    log.push(name);
    await parts[name]?.(signal);
  };
  return { log, disturbance: { name: 'a fault', begin: part('begin'), hold: part('hold'), end: () => part('end')(never), ...(parts.unmet && { unmet: parts.unmet }) } };
}
const failing = (text: string) => (): never => {
  throw new Error(text);
};

describe('a disturbance', () => {
  it('is made, lasts, and is put right, and says when', async () => {
    const { log, disturbance } = recorded();
    const { begunAt, liftedAt, endedAt } = await disturb(disturbance, never);
    expect(log).toEqual(['begin', 'hold', 'end']);
    expect(begunAt).toBeLessThanOrEqual(liftedAt);
    expect(liftedAt).toBeLessThanOrEqual(endedAt);
  });

  it.each(['begin', 'hold'] as const)('is put right although its %s failed', async (which) => {
    const { log, disturbance } = recorded({ [which]: failing('broken') });
    await expect(disturb(disturbance, never)).rejects.toThrow('broken');
    expect(log.filter((line) => line === 'end')).toHaveLength(1);
  });

  it('is put right when Ctrl-C comes while it lasts, before the caller hears of it', async () => {
    const over = new AbortController();
    const { log, disturbance } = recorded({ hold: () => (over.abort(new Error('interrupted')), new Promise<never>(() => {})) });
    await expect(disturb(disturbance, over.signal)).rejects.toThrow('interrupted');
    expect(log).toEqual(['begin', 'hold', 'end']);
  });

  it('is not begun after an interruption', async () => {
    const { log, disturbance } = recorded();
    await expect(disturb(disturbance, AbortSignal.abort(new Error('interrupted')))).rejects.toThrow('interrupted');
    expect(log).toEqual([]);
  });

  it('a failure that led to it is not hidden by one of putting it right', async () => {
    const { disturbance } = recorded({ hold: failing('the first'), end: failing('the second') });
    await expect(disturb(disturbance, never)).rejects.toThrow(/the first.*the second/);
  });

  it('a machine that does not allow it gets a reason and no half of it', async () => {
    const { log, disturbance } = recorded({ unmet: () => 'the command ip is missing' });
    await expect(disturb(disturbance, never)).rejects.toMatchObject({ code: 'precondition_unmet', message: 'a fault cannot be done here: the command ip is missing' });
    expect(log).toEqual([]);
  });

  it('a process that exits in the middle still puts the system right, once, and not what was put right before', () => {
    const program = `
      import { disturb } from ${JSON.stringify(new URL('disturbance.ts', import.meta.url).href)};
      const signal = new AbortController().signal;
      const fault = (name, more) => ({ name, begin() {}, end() {}, endNow: () => console.log('undone ' + name), ...more });
      await disturb(fault('earlier'), signal);
      void disturb(fault('broken', { endNow() { throw new Error('of no use'); }, hold: () => new Promise(() => {}) }), signal);
      void disturb(fault('lasting', { hold: () => new Promise(() => {}) }), signal);
      setTimeout(() => process.exit(3), 10);
    `;
    const run = spawnSync(process.execPath, ['--import', new URL('../test/ts-sources.mjs', import.meta.url).href, '--input-type=module', '--experimental-transform-types', '--disable-warning=ExperimentalWarning', '-e', program], { encoding: 'utf8' });
    expect(run.stderr).toBe('');
    expect(run.stdout).toBe('undone lasting\n');
    expect(run.status).toBe(3);
  });
});
