// SPDX-License-Identifier: Apache-2.0
import type { Disturbance } from './disturbance.js';
import { FaultError } from './errors.js';

/** A process that may be disturbed. Whoever supervises it must know that an end by `kill` or `stop` is meant. */
export interface FaultableProcess {
  readonly name: string;
  /** Undefined while it does not run. */
  readonly pid: number | undefined;
  kill(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  /** Asks it to end and resolves when it is gone. */
  stop(): Promise<void>;
  /** Resolves when it is gone. */
  gone(): Promise<unknown>;
  /** Starts it again; it need not be ready when this resolves. */
  start(): void | Promise<void>;
}

type Hold = NonNullable<Disturbance['hold']>;

/** Ends a process at once, without a word to it (kill -9), and starts it again. @param hold how long it stays away. @default not at all */
export function killed(victim: FaultableProcess, hold?: Hold): Disturbance {
  return {
    name: `kill -9 ${victim.name}`,
    begin: () => {
      requirePid(victim);
      victim.kill('SIGKILL');
      return awayFrom(victim);
    },
    ...(hold && { hold }),
    end: () => startUnlessRunning(victim),
  };
}

/** Stops a process in order and starts it again. @param meanwhile what is done while it is away, such as changing its offsets */
export function stopped(victim: FaultableProcess, what: string, meanwhile: Hold): Disturbance {
  return {
    name: `${what} of ${victim.name}`,
    begin: () => {
      requirePid(victim);
      return victim.stop();
    },
    hold: meanwhile,
    end: () => startUnlessRunning(victim),
  };
}

/**
 * Takes the processor from a process (SIGSTOP), as a long collection, a paused machine or a debugger does, and gives it
 * back. It notices nothing but that time has passed.
 */
export function frozen(victim: FaultableProcess, hold: Hold): Disturbance {
  const thaw = (): void => victim.kill('SIGCONT');
  return {
    name: `freeze ${victim.name}`,
    begin: () => {
      requirePid(victim);
      victim.kill('SIGSTOP');
    },
    hold,
    end: thaw,
    endNow: thaw,
  };
}

/** A server that can be taken down and brought up again on the same data. */
export interface FaultableServer {
  readonly name: string;
  takeDown(how: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Resolves when it answers. */
  bringUp(): Promise<void>;
}

/** Ends a server at once (kill -9) and brings it up again. @param hold how long it stays away. @default not at all */
export function serverKilled(server: FaultableServer, hold?: Hold): Disturbance {
  return {
    name: `kill -9 ${server.name}`,
    begin: () => server.takeDown('SIGKILL'),
    ...(hold && { hold }),
    end: () => server.bringUp(),
  };
}

function requirePid({ name, pid }: FaultableProcess): void {
  if (pid === undefined) throw new FaultError('not_running', `${name} does not run: wait until it does before it is disturbed`);
}

async function awayFrom(victim: FaultableProcess): Promise<void> {
  await victim.gone();
}

async function startUnlessRunning(victim: FaultableProcess): Promise<void> {
  if (victim.pid === undefined) await victim.start();
}
