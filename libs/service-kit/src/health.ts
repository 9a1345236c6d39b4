// SPDX-License-Identifier: Apache-2.0

/** Why a process is not ready, by the part that is not; empty when it is. */
export type NotReady = ReadonlyMap<string, string>;

/**
 * Live: the process does its work. Ready: tables are loaded, the own key is known, consumers have joined, the database
 * answers, and it is not stopping. Lag is never part of it, or a backlog would take the workers away that clear it.
 */
export class Health {
  private readonly waiting = new Map<string, string>([['start', 'the service is starting']]);
  private readonly checks = new Map<string, () => Promise<string | undefined>>();
  private dead: string | undefined;

  /** Something that must be so before the service is ready; null when it is so. */
  set(part: string, problem: string | null): void {
    if (problem === null) this.waiting.delete(part);
    else this.waiting.set(part, problem);
  }

  /** A check made at each look: resolves with the problem, or undefined. */
  check(part: string, look: () => Promise<string | undefined>): void {
    this.checks.set(part, look);
  }

  /** The process cannot go on; it is about to end. */
  fail(reason: string): void {
    this.dead = reason;
  }

  live(): string | undefined {
    return this.dead;
  }

  async notReady(): Promise<NotReady> {
    const problems = new Map(this.waiting);
    if (this.dead) problems.set('process', this.dead);
    for (const [part, look] of this.checks) {
      const problem = await look().catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
      if (problem !== undefined) problems.set(part, problem);
    }
    return problems;
  }
}
