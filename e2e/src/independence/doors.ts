// SPDX-License-Identifier: Apache-2.0
import type { Mesh, ServiceProcess } from '@nervus/scripts/mesh';
import type { Item } from './judge.js';

const everyMs = 2_000;
/** A busy machine answers late; a door that is shut answers at once. */
const patienceMs = 8_000;

export type Door = 'console' | 'keys' | 'proofs';

/** Knocks at every door of the mesh, and asks every process whether it is ready, every two seconds. */
export class Doors {
  readonly knocks: Readonly<Record<Door, Item[]>> = { console: [], keys: [], proofs: [] };
  /** By instance. */
  readonly readiness = new Map<string, Item[]>();
  private readonly timer: NodeJS.Timeout;

  /** @param seatToken of a person who may look at the console */
  constructor(
    private readonly mesh: Mesh,
    private readonly seatToken: string,
  ) {
    this.timer = setInterval(() => this.round(), everyMs);
  }

  close(): void {
    clearInterval(this.timer);
  }

  private round(): void {
    const authorization = `Bearer ${this.seatToken}`;
    void this.knock(this.knocks.console, `${this.mesh.urlOf('console')}/api/status`, { authorization });
    void this.knock(this.knocks.console, `${this.mesh.urlOf('console')}/`, { authorization, accept: 'text/html' });
    void this.knock(this.knocks.keys, `${this.mesh.urlOf('identity')}/.well-known/jwks.json`);
    void this.knock(this.knocks.proofs, `${this.mesh.urlOf('audit')}/checkpoint`);
    for (const member of this.mesh.all()) void this.knock(this.readinessOf(member), `http://127.0.0.1:${member.options.managementPort}/health/ready`);
  }

  private readinessOf({ options: { instance } }: ServiceProcess): Item[] {
    const known = this.readiness.get(instance) ?? [];
    this.readiness.set(instance, known);
    return known;
  }

  private async knock(items: Item[], url: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    const sentAt = Date.now();
    try {
      const answer = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(patienceMs) });
      await answer.arrayBuffer();
      items.push({ sentAt, doneAt: answer.ok ? Date.now() : undefined });
    } catch {
      items.push({ sentAt, doneAt: undefined });
    }
  }
}
