// SPDX-License-Identifier: Apache-2.0
import type { Say } from '../command-line.js';
import type { OpenRequest, Person, Word } from './person.js';

const lookEveryMs = 1_500;
/** A verdict that shows no effect in this time is looked at again. */
const againAfterMs = 20_000;
/** Of so many requests one is rejected, chosen by its id, so that every run decides alike. */
const rejectOneOf = 4;

const reasons: Readonly<Record<Word, string>> = {
  approve: 'The cited items say so and the action fits what they say.',
  reject: 'One source alone is too little for an action of this kind.',
};

/** Ids of requests follow from the recorded events, so the same requests are rejected in every run. */
export const wordFor = (requestId: string): Word => (Number.parseInt(requestId.slice(-4), 16) % rejectOneOf === 0 ? 'reject' : 'approve');

/** Scripted persons who decide every request that comes up, until they are sent home. */
export class Reviewers {
  readonly verdicts: Record<Word, number> = { approve: 0, reject: 0 };
  /** Answers other than that a verdict was accepted, by code. */
  readonly refusals: Record<string, number> = {};
  private readonly said = new Map<string, { readonly by: Set<string>; at: number }>();
  private working: Promise<void> | undefined;
  private over = false;

  constructor(
    private readonly persons: readonly Person[],
    private readonly say: Say,
  ) {}

  begin(): void {
    this.working = this.work();
  }

  /** Resolves when the verdict in hand is given. */
  async goHome(): Promise<void> {
    this.over = true;
    await this.working;
  }

  private async work(): Promise<void> {
    while (!this.over) {
      try {
        for (const request of (await this.persons[0]?.openRequests()) ?? []) if (!this.over) await this.decide(request);
      } catch (error) {
        this.say(`the requests could not be looked at and are looked at again: ${String(error)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  }

  private async decide({ requestId, approvals }: OpenRequest): Promise<void> {
    const said = this.said.get(requestId) ?? { by: new Set<string>(), at: 0 };
    if (approvals < said.by.size && Date.now() - said.at < againAfterMs) return;
    // They take turns; a second approval, where one is needed, is the other's.
    const turn = Number.parseInt(requestId.slice(0, 2), 16) % this.persons.length;
    const speaker = [...this.persons.slice(turn), ...this.persons.slice(0, turn)].find(({ name }) => !said.by.has(name));
    if (!speaker) return;
    const word = wordFor(requestId);
    const code = await speaker.decide(requestId, word, reasons[word]);
    said.by.add(speaker.name);
    said.at = Date.now();
    this.said.set(requestId, said);
    if (code === 'accepted' || code === 'pending') this.verdicts[word] += 1;
    else this.refusals[code] = (this.refusals[code] ?? 0) + 1;
    this.say(`${speaker.name}: ${word} ${requestId.slice(0, 8)} (${code})`);
  }
}
