// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import type { InfrastructureError } from './errors.js';
import type { LocalServer } from './local-server.js';
import { until } from './readiness.js';
import { SupervisedServer } from './supervised-server.js';

/** A server in memory that ends when the test says so. */
class ScriptedServer implements LocalServer {
  readonly name = 'broker';
  readonly pid = undefined;
  readonly logPlace = 'memory';
  text = '';
  runs = false;
  readonly signals: string[] = [];
  private resolveGone: (how: string) => void = () => {};
  private ending: Promise<string> = Promise.resolve('never started');

  async launch(): Promise<void> {
    this.runs = true;
    this.ending = new Promise((resolve) => {
      this.resolveGone = resolve;
    });
  }
  gone(): Promise<string> {
    return this.ending;
  }
  die(how: string): void {
    this.runs = false;
    this.resolveGone(how);
  }
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (!this.runs) return;
    this.signals.push(signal);
    this.die(signal);
  }
  async log(): Promise<string> {
    return this.text;
  }
  async remove(): Promise<void> {}
}

let server: ScriptedServer;
let reported: InfrastructureError[];
beforeEach(() => {
  server = new ScriptedServer();
  reported = [];
});

const never = (signal: AbortSignal): Promise<never> =>
  until(async () => {
    throw new Error('no answer');
  }, signal);
const supervise = (ready: (signal: AbortSignal) => Promise<string>, readyTimeoutMs = 10_000): SupervisedServer<string> =>
  new SupervisedServer(server, { ready, readyTimeoutMs, stopGraceMs: 100, onUnexpectedEnd: (error) => reported.push(error) });

describe('a supervised server', () => {
  it('hands back what the server answered', async () => {
    await expect(supervise(async () => 'hello').up()).resolves.toBe('hello');
  });

  it('fails at once with the log when the server ends before it is ready, without waiting for the time to pass', async () => {
    const starting = supervise(never).up();
    server.text = 'ERROR Exiting Kafka';
    await expect.poll(() => server.runs).toBe(true);
    server.die('exit code 1');
    await expect(starting).rejects.toMatchObject({ code: 'start_failed', message: expect.stringContaining('ERROR Exiting Kafka') });
  });

  it('ends a server that is not ready in time, and says what the last attempt ran into', async () => {
    await expect(supervise(never, 20).up()).rejects.toMatchObject({ code: 'not_ready', message: expect.stringContaining('no answer') });
    expect(server).toMatchObject({ runs: false, signals: ['SIGTERM'] });
  });

  it('ends the server when the start is given up', async () => {
    const giveUp = new AbortController();
    const starting = supervise(never).up(giveUp.signal);
    giveUp.abort();
    await expect(starting).rejects.toMatchObject({ code: 'aborted' });
    expect(server.runs).toBe(false);
  });

  it('can be brought up again after it failed', async () => {
    let attempts = 0;
    const supervised = supervise(async () => {
      attempts += 1;
      if (attempts === 1) throw new Error('no');
      return 'ready';
    });
    await expect(supervised.up()).rejects.toThrow('no');
    await expect(supervised.up()).resolves.toBe('ready');
  });

  it('reports an end that nobody asked for, once, and not one that was asked for', async () => {
    const supervised = supervise(async () => 'ready');
    await supervised.up();
    server.die('SIGKILL');
    await expect.poll(() => reported.map((error) => error.code)).toEqual(['ended_unexpectedly']);
    await supervised.up();
    await supervised.down('SIGKILL');
    expect(reported).toHaveLength(1);
  });

  it('refuses to start what runs already', async () => {
    const supervised = supervise(async () => 'ready');
    await supervised.up();
    await expect(supervised.up()).rejects.toThrow('is up');
  });
});
